"""`chart.create` and `report.generate` write files that people can open."""

import base64
import hashlib
import json
import sys
import threading
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import anyio
import pytest

from milepost.domain.values import Json
from milepost.engine.tooling import Effect
from tests.unit.tools.calls import made_call

from .conftest import Tooling

ROWS: list[dict[str, Any]] = [
    {"month": "Jan", "sales": 3, "costs": 2.5},
    {"month": "Feb", "sales": 4, "costs": None},
    {"month": "<b>&", "sales": 5, "costs": 1},
]
PNG = b"\x89PNG\r\n\x1a\n"


def words_of(picture: Path) -> set[str | None]:
    """Return the texts of an SVG file."""
    root = ET.fromstring(picture.read_bytes())  # noqa: S314 - our own output
    return {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.parametrize("kind", ["bar", "line", "scatter"])
async def test_a_chart_is_an_svg_with_its_words_as_text(tools: Tooling, kind: str) -> None:
    made = await tools.run(
        "chart.create", data=ROWS, kind=kind, title="$5 & <i> $6", y_label="EUR", path="a/c.svg"
    )
    content = (tools.folder / "a/c.svg").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert made == {"path": "a/c.svg", "format": "svg", "bytes": len(content), "sha256": digest}
    words = words_of(tools.folder / "a/c.svg")
    assert {"$5 & <i> $6", "EUR", "month", "Jan", "<b>&", "sales", "costs"} <= words


@pytest.mark.parametrize("kind", ["bar", "line", "scatter"])
async def test_series_are_named_in_the_legend_whatever_they_begin_with(
    tools: Tooling, kind: str
) -> None:
    rows: Json = [{"x": "p", "_costs": 1, "sales": 2}]
    await tools.run("chart.create", data=rows, kind=kind, path="c.svg")
    assert {"_costs", "sales"} <= words_of(tools.folder / "c.svg")


@pytest.mark.parametrize("odd", ["\x0b", "\x00", "\ufffe", "\ud800"])
async def test_characters_that_no_svg_can_hold_are_replaced(tools: Tooling, odd: str) -> None:
    name = f"a{odd}b"
    rows: Json = [{"x": name, name: 1, "n": 2}]
    await tools.run("chart.create", data=rows, title=name, y_label=name, x_label=name, path="c.svg")
    assert "a\ufffdb" in words_of(tools.folder / "c.svg")


async def test_a_pie_shows_one_series_and_a_picture_can_be_png(tools: Tooling) -> None:
    made = await tools.run("chart.create", data={"a": 1, "한": 3}, kind="pie", format="png")
    assert made["path"] == "p1/load.png"
    assert (tools.folder / made["path"]).read_bytes().startswith(PNG)
    failure = await tools.failure("chart.create", data=ROWS, kind="pie")
    assert failure.code == "invalid_data"
    failure = await tools.failure("chart.create", data={"a": -1, "b": 2}, kind="pie")
    assert failure.code == "invalid_data"


@pytest.mark.parametrize("format_", ["svg", "png"])
async def test_the_same_chart_has_the_same_bytes_in_another_process(
    tools: Tooling, format_: str, repository: Path
) -> None:
    first = await tools.run("chart.create", data=ROWS, format=format_, path="one")
    program = (
        "import json, sys, anyio; from pathlib import Path\n"
        "from milepost.adapters.tools import *\n"
        "from milepost.engine.tooling import ToolCall\n"
        "tools = ToolRegistry(builtin_tools(ToolOptions(folder=Path(sys.argv[1]))))\n"
        "call = ToolCall('p', 's', 1, 'k', json.loads(sys.argv[2]), print)\n"
        "print(anyio.run(tools.get('chart.create').call, call)['sha256'])\n"
    )
    arguments = json.dumps({"data": ROWS, "format": format_, "path": "two"})
    second = await anyio.run_process(
        [sys.executable, "-c", program, str(tools.folder), arguments],
        cwd=repository,
        env={"PYTHONHASHSEED": "7", "PATH": "", "HOME": str(tools.folder)},
    )
    assert second.stdout.decode().strip() == first["sha256"]


async def test_charts_drawn_at_once_do_not_disturb_each_other(tools: Tooling) -> None:
    alone = await tools.run("chart.create", data=ROWS, path="alone.svg")
    made: list[Any] = []

    async def draw(number: int) -> None:
        made.append(await tools.run("chart.create", data=ROWS, path=f"{number}.svg"))

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(draw, number)
    assert {chart["sha256"] for chart in made} == {alone["sha256"]}
    assert threading.active_count() < 100


async def test_a_bare_input_is_drawn_and_goes_to_a_file_of_the_step(tools: Tooling) -> None:
    chart = tools.registry.get("chart.create")
    arguments: dict[str, Json] = {"input": '[{"label": "EU", "value": 3}]'}
    assert chart.check(arguments) is None
    made = await chart.call(made_call(arguments, plan="p9", step="visualize.chart/1"))
    assert isinstance(made, dict)
    assert made["path"] == "p9/visualize.chart_1.svg"
    assert (tools.folder / "p9/visualize.chart_1.svg").is_file()


@pytest.mark.parametrize("arguments", [{}, {"data": [1], "input": [1]}])
async def test_data_and_input_are_one_or_the_other(
    tools: Tooling, arguments: dict[str, Json]
) -> None:
    assert (await tools.failure("chart.create", **arguments)).code == "invalid_argument"


async def test_a_chart_outside_the_folder_is_refused(tools: Tooling, tmp_path: Path) -> None:
    for name in ("chart.create", "report.generate"):
        failure = await tools.failure(name, path="../out", input=[1])
        assert failure.code == "forbidden"
    assert not (tmp_path / "out").exists()


async def test_sizes_and_counts_that_cost_too_much_are_refused(tools: Tooling) -> None:
    chart = tools.registry.get("chart.create")
    assert chart.check({"data": [1], "width": 4000}) is not None
    assert (await tools.failure("chart.create", data=list(range(600)))).code == "invalid_data"
    assert (await tools.run("chart.create", data=list(range(600)), kind="line"))["bytes"] > 0


@pytest.mark.parametrize("format_", ["svg", "png"])
async def test_without_matplotlib_the_error_says_what_to_install(
    tools: Tooling, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    failure = await tools.failure("chart.create", data=[1], format=format_)
    assert (failure.code, failure.retryable) == ("missing_extra", False)
    assert "pip install 'milepost[chart]'" in str(failure)


async def test_a_report_has_sections_tables_and_pictures(tools: Tooling) -> None:
    chart = await tools.run("chart.create", data=ROWS, path="charts/sales.svg")
    sections = [
        {"heading": "Numbers & more", "text": "All is **well**.", "table": ROWS},
        {"heading": "Picture", "image": chart["path"], "alt": "Sales"},
    ]
    made = await tools.run(
        "report.generate", title="Sales <2026>", sections=sections, path="out/report.md"
    )
    assert made["format"] == "markdown"
    text = (tools.folder / made["path"]).read_text()
    assert text.startswith("# Sales &lt;2026&gt;\n\n## Numbers &amp; more\n\nAll is **well**.\n")
    assert "| Feb | 4 |  |" in text
    assert "![Sales](../charts/sales.svg)" in text


async def test_an_html_report_carries_its_pictures_inside(tools: Tooling) -> None:
    await tools.run("chart.create", data=ROWS, path="c.png", format="png")
    made = await tools.run(
        "report.generate", title="Sales", sections=[{"image": "c.png"}], format="html"
    )
    assert made["path"] == "p1/load.html"
    page = (tools.folder / made["path"]).read_text()
    picture = base64.b64encode((tools.folder / "c.png").read_bytes()).decode()
    assert f'src="data:image/png;base64,{picture}"' in page
    assert "http" not in page.replace("http-equiv", "")


async def test_a_bare_text_becomes_a_report_with_its_own_title(tools: Tooling) -> None:
    made = await tools.run("report.generate", input="# Findings\n\nAll good.")
    assert (tools.folder / made["path"]).read_text() == "# Findings\n\nAll good.\n"
    await tools.run("report.generate", input="All good.")
    assert (tools.folder / made["path"]).read_text() == "# Report\n\nAll good.\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "invalid_argument"),
        ({"sections": []}, "invalid_argument"),
        ({"sections": [{"image": "nothing.png"}]}, "not_found"),
        ({"sections": [{"image": "../x.png"}]}, "forbidden"),
        ({"sections": [{"image": "x.html"}]}, "invalid_argument"),
        ({"sections": [{"table": [{"a": 1}] * 10_001}]}, "too_large"),
        ({"input": [{f"field {number}": 1} for number in range(500)]}, "too_large"),
        ({"sections": [{"table": [{str(n): 1} for n in range(300)]}] * 3}, "too_large"),
        ({"input": "x" * 16 * 1024 * 1024}, "too_large"),
    ],
)
async def test_a_report_that_cannot_be_written_is_refused(
    tools: Tooling, arguments: dict[str, Json], code: str
) -> None:
    assert (await tools.failure("report.generate", **arguments)).code == code
    assert list(tools.folder.iterdir()) == []


def test_documents_are_writes(tools: Tooling) -> None:
    assert tools.registry.get("chart.create").effect is Effect.WRITE
    assert tools.registry.get("report.generate").effect is Effect.WRITE
