"""Graphs written as Mermaid, DOT and SVG: complete, well formed, and safe with any text."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.graphs import to_dot, to_mermaid, to_svg, with_statuses
from milepost.adapters.graphs.drawing import Drawing, Shape
from milepost.domain.steps import StepKind

from .plans import EVERY_KIND, drawn

HOSTILE = [
    'a"] --> x',
    "<script>alert(1)</script>",
    "a\\",
    'a\\"',
    "end",
    "`code`",
    "%%{init: {}}%%",
    "a\nb\x1b[31mc",
    "]]>",
    "#quot;",
    "데이터 로드",
    "a\u202eb",
]
SVG = "{http://www.w3.org/2000/svg}"


def titled(title: str) -> Drawing:
    return Drawing(title, (Shape("x", title, StepKind.TOOL_CALL, detail=title),), ())


def strings_of(dot: str) -> list[str]:
    """Return the quoted strings of a DOT text; whatever is not one must be a plain word."""
    quoted = re.compile(r'"(?:[^"\\\n]|\\.)*"')
    rest = quoted.sub(" ", dot)
    assert re.fullmatch(r"[\w\s{}\[\]=>-]*", rest), rest
    return quoted.findall(dot)


def test_mermaid_has_each_step_and_a_link_for_each_arrow() -> None:
    drawing = drawn(EVERY_KIND)
    lines = [line.strip() for line in to_mermaid(drawing).splitlines()]

    assert lines[0] == "flowchart TD"
    assert 's0["Load it<br/>tool call #183; csv.read"]' in lines
    assert "s0 -.-> s1" in lines
    assert 's2 -->|"inputs.n #62; 1"| s14' in lines
    links = [line for line in lines if re.match(r"s\d+ (-->|-\.->|-\.-)", line)]
    assert len(links) == len(drawing.arrows)
    assert sum(line.startswith("subgraph") for line in lines) == lines.count("end")


def test_mermaid_colours_states() -> None:
    text = to_mermaid(with_statuses(drawn(EVERY_KIND), {"load": "failed"}))

    assert 'csv.read<br/>failed"]:::failed' in text
    assert "classDef failed fill:" in text


@pytest.mark.parametrize("title", HOSTILE)
def test_mermaid_labels_hold_nothing_that_mermaid_reads(title: str) -> None:
    label = re.search(r's0\["(.*)"\]', to_mermaid(titled(title)))

    assert label is not None
    assert re.fullmatch(r"(?:[\w .,:()/+=?!-]|#\d+;|<br/>)*", label[1])


def test_dot_puts_children_in_clusters_and_draws_every_arrow() -> None:
    drawing = drawn(EVERY_KIND)
    text = to_dot(drawing)

    strings_of(text)
    assert text.count(" -> ") == len(drawing.arrows)
    assert text.count("{") == text.count("}")
    assert "subgraph cluster_s2 {" in text
    assert 'tooltip="From disk."' in text
    assert "ltail=cluster_s2" in text
    assert re.search(r"s\d+ -> s\d+ \[style=dashed lhead=cluster_s6\]", text)


@pytest.mark.parametrize("title", HOSTILE)
def test_dot_quotes_any_text(title: str) -> None:
    assert len(strings_of(to_dot(titled(title)))) >= 3


@given(st.text(max_size=40))
def test_svg_is_well_formed_with_any_text(title: str) -> None:
    root = ET.fromstring(to_svg(titled(title)))  # noqa: S314 - our own text

    assert root.tag == f"{SVG}svg"


@pytest.mark.parametrize("title", HOSTILE)
def test_svg_holds_no_element_that_a_text_brought(title: str) -> None:
    root = ET.fromstring(to_svg(titled(title)))  # noqa: S314 - our own text
    known = {"svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"}

    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= known


def test_svg_draws_every_step_and_arrow_inside_of_the_picture() -> None:
    drawing = drawn(EVERY_KIND)
    root = ET.fromstring(to_svg(drawing))  # noqa: S314 - our own text
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    boxes = [box for box in root.iter(f"{SVG}rect") if "step" in box.get("class", "")]
    arrows = [path for path in root.iter(f"{SVG}path") if "arrow" in path.get("class", "")]

    assert len(boxes) == len(list(drawing.all_shapes()))
    assert "load: Load it. From disk." in {box.findtext(f"{SVG}title") for box in boxes}
    assert len(arrows) == len(drawing.arrows)
    for box in boxes:
        x, y = float(box.get("x", "-1")), float(box.get("y", "-1"))
        assert x >= 0
        assert y >= 0
        assert x + float(box.get("width", "inf")) <= width
        assert y + float(box.get("height", "inf")) <= height
