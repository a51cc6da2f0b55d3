"""Workflow files from disk: the sample, the examples, and files made to do harm."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import JsonValue

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.tools import ToolRegistry, tool
from milepost.adapters.workflow import load_workflow, validate
from milepost.adapters.workflow.schemas import published
from milepost.domain.errors import MilepostError
from milepost.domain.steps import StepKind

HERE = Path(__file__).parent
SAMPLE = HERE / "data-analysis-sample.yaml"
EXAMPLES = sorted((HERE.parents[2] / "examples").glob("*.yaml"))
SCHEMA = Draft202012Validator(published()["FixedWorkflow.schema.json"])


@tool(name="sql.query")
def query(query: str) -> list[Any]:
    """Stand in for a database."""
    return [query]


@tool(name="chart.create")
def chart(input: JsonValue) -> str:  # noqa: A002 - the name that a text input has
    """Stand in for a chart."""
    return str(input)


@tool(name="report.generate")
def report(input: JsonValue) -> str:  # noqa: A002 - the name that a text input has
    """Stand in for a report."""
    return str(input)


def test_the_sample_loads_unchanged_and_passes() -> None:
    workflow = load_workflow(SAMPLE)
    tools = ToolRegistry([query, chart, report], plugins=list)
    validate(workflow, tools=tools, expressions=CelExpressions())
    load_data, analyze, visualize = workflow.spec.steps

    assert (workflow.spec.name, workflow.spec.version) == ("데이터 분석 워크플로우", "1.0.0")
    assert (load_data.kind, load_data.tool) == (StepKind.TOOL_CALL, "database.query")
    assert load_data.input == {"query": "SELECT * FROM sales"}
    assert analyze.kind is StepKind.LLM_CALL
    assert analyze.input == {"prompt": "분석 수행", "context": "${load_data.output}"}
    assert analyze.dependencies == ("load_data",)
    assert visualize.kind is StepKind.PARALLEL
    assert [(child.id, child.tool, child.input) for child in visualize.steps] == [
        ("1", "chart.create", {"input": "${analyze.output.chart_data}"}),
        ("2", "report.generate", {"input": "${analyze.output.summary}"}),
    ]


@pytest.mark.parametrize("path", [SAMPLE, *EXAMPLES], ids=lambda path: path.stem)
def test_every_sample_and_example_matches_the_published_schema(path: Path) -> None:
    faults = [fault.message for fault in SCHEMA.iter_errors(load_workflow(path).document.value)]

    assert faults == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


def laughs() -> str:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{at}: &a{at} [*a{at - 1}, *a{at - 1}]" for at in range(1, 40)]
    return "\n".join(lines)


HOSTILE = {
    "laughs.yaml": laughs().encode(),
    "brackets.yaml": b"[" * 30_000,
    "brackets.json": b"[" * 900_000,
    "braces.json": b'{"a":' * 180_000,
    "dashes.yaml": b"- " * 400_000,
    "questions.yaml": b"? " * 400_000,
    "python.yaml": b"steps: !!python/object/apply:os.system ['touch pwned']",
    "unknown-tag.yaml": b"steps: !include /etc/passwd",
    "merge.yaml": b"a: &a {tool: x}\nsteps: [{<<: *a}]",
    "double.yaml": b"steps: [{tool: a, tool: b}]",
    "double.json": b'{"steps": [{"tool": "a", "tool": "b"}]}',
    "documents.yaml": b"steps: [{tool: a}]\n---\nsteps: [{tool: b}]",
    "nan.json": b'{"steps": [{"tool": "a", "input": {"x": NaN}}]}',
    "nan.yaml": b"steps: [{tool: a, input: {x: .nan}}]",
    "digits.yaml": b"steps: [{tool: a, input: {x: " + b"9" * 900_000 + b"}}]",
    "digits.json": b'{"steps": [{"tool": "a", "input": {"x": ' + b"9" * 900_000 + b"}}]}",
    "surrogate.json": b'{"steps": [{"tool": "\\ud800"}]}',
    "null-byte.yaml": b"steps: [{tool: a\x00}]",
    "escape.yaml": b'steps: [{tool: "a\\0"}]',
    "latin.yaml": "name: caf\xe9\nsteps: [{tool: a}]".encode("latin-1"),
    "utf16.yaml": "steps: [{tool: a}]".encode("utf-16"),
    "huge.yaml": b"# " + b"x" * 2_000_000,
    "scalar.yaml": b"name: '" + b"x" * 999_000,
    "recursive.json": b'{"inputs": {"a": {"$ref": "#", "default": 1}}, "steps": [{"tool": "a"}]}',
    "empty.yaml": b"",
    "text.yaml": b"\xef\xbb\xbf",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    with pytest.raises(MilepostError) as caught:
        load_workflow(path)

    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 400 + len(str(path))
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_device_that_never_ends_is_refused() -> None:
    with pytest.raises(MilepostError, match="its size in bytes is at most"):
        load_workflow("/dev/zero")


def test_a_file_of_a_thousand_steps_loads_and_passes(tmp_path: Path) -> None:
    steps = "".join(
        f"  - {{id: s{at}, tool: sql.query, input: {{query: '${{s{at - 1}.output}}'}}}}\n"
        for at in range(1, 1_000)
    )
    path = tmp_path / "long.yaml"
    path.write_text("steps:\n  - {id: s0, tool: sql.query, input: {query: a}}\n" + steps)
    workflow = load_workflow(path)
    validate(workflow, tools=ToolRegistry([query], plugins=list), expressions=CelExpressions())

    assert len(workflow.spec.steps) == 1_000
    assert workflow.locate("/steps/999/tool") == f"{path}:1001:16"


def test_the_schemas_are_written_by_a_command(repository: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "milepost.adapters.workflow.schemas", str(tmp_path)]
    output = subprocess.check_output(command, cwd=repository, text=True)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}

    assert found == set(published())
    assert output == f"{len(found)} schemas written to {tmp_path}\n"
