"""Validating, drawing and publishing workflows from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from .conftest import Command

Write = Callable[..., Path]

PAIR = """
name: pair
version: "2.1.0"
description: One after the other.
inputs: {n: {type: integer, default: 1}}
steps:
  - {id: first, type: tool, tool: calc.evaluate, input: {expression: "1 + 1"}}
  - {id: second, type: tool, tool: text.join, input: {parts: ["${first.output}"]}}
"""


def test_a_valid_workflow_is_told_to_be_valid_and_stores_nothing(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    path = workflow(PAIR)
    told = milepost("validate", path)

    assert told.code == 0
    assert told.out == f"{path}: pair 2.1.0 is valid; 2 steps, inputs: n\n"
    assert milepost("validate", path, "--json").json["steps"] == ["first", "second"]
    assert list(tmp_path.iterdir()) == [path]


def test_each_problem_of_a_workflow_is_a_line_of_its_own(
    milepost: Command, workflow: Write
) -> None:
    path = workflow(
        "steps:\n"
        "  - {id: a, type: tool, tool: text.joint, input: {}}\n"
        "  - {id: b, type: tool, tool: calc.evaluate, input: {expression: [1]}}\n"
    )
    told = milepost("validate", path)

    assert told.code == 2
    assert told.out == ""
    lines = told.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"error: {path}:2:")
    assert lines[1].startswith(f"error: {path}:3:")


def test_a_plan_is_drawn_with_the_states_of_its_steps(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    path = workflow(PAIR)
    milepost("run", path)

    assert "classDef" not in milepost("graph", path).out
    assert ":::completed" in milepost("graph", "last").out
    assert 'fillcolor="#dcfce7"' in milepost("graph", "last", "--format", "dot").out
    assert milepost("graph", "last", "--format", "svg", "--output", "a.svg").out == ""
    picture = ET.parse(tmp_path / "a.svg").getroot()  # noqa: S314 - our own file
    assert any(group.get("class") == "completed" for group in picture.iter())


def test_a_graph_as_json_has_nodes_and_edges(milepost: Command, workflow: Write) -> None:
    graph = milepost("graph", workflow(PAIR), "--format", "json").json

    assert [node["path"] for node in graph["nodes"]] == ["first", "second"]
    assert graph["edges"] == [{"source": "first", "target": "second", "kind": "data"}]


def test_a_picture_that_cannot_be_written_is_refused_in_one_line(
    milepost: Command, workflow: Write
) -> None:
    told = milepost("graph", workflow(PAIR), "--output", "no/such/folder/a.svg")

    assert told.code == 2
    assert told.err.startswith("error: no/such/folder/a.svg: cannot be written (No such file")


@pytest.mark.parametrize("name", ["none.yaml", "pnone"])
def test_what_is_neither_file_nor_plan_is_refused(
    milepost: Command, workflow: Write, name: str
) -> None:
    milepost("run", workflow(PAIR))
    told = milepost("graph", name)

    assert told.code == 2
    assert told.err.startswith(("error: none.yaml: there is no such file", "error: plan pnone"))


def test_a_version_is_published_once_and_never_with_other_content(
    milepost: Command, workflow: Write
) -> None:
    first = milepost("publish", workflow(PAIR), "--json").json
    again = milepost("publish", workflow(f"# a comment\n{PAIR}"), "--json").json
    other = milepost("publish", workflow(PAIR.replace("1 + 1", "1 + 2")))

    assert again == first
    assert other.code == 2
    assert "pair@2.1.0: this version is published with other content" in other.err
    [listed] = milepost("workflows", "--json").json["items"]
    assert (listed["name"], listed["version"]) == ("pair", "2.1.0")
    assert milepost("workflows").lines[1].startswith("pair@2.1.0")


def test_published_versions_come_in_pages(milepost: Command, workflow: Write) -> None:
    for number in range(3):
        milepost("publish", workflow(PAIR.replace("2.1.0", f"{number}.0")))

    first = milepost("workflows", "--limit", "2")
    assert [line.split()[0] for line in first.lines[1:]] == ["pair@0.0", "pair@1.0"]
    assert first.err == "there is more: --cursor pair@1.0\n"
    rest = milepost("workflows", "--limit", "2", "--cursor", "pair@1.0", "--json").json
    assert ([one["version"] for one in rest["items"]], rest["next"]) == (["2.0"], None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PAIR.replace("name: pair", ""), "a workflow without a name cannot be published"),
        (PAIR.replace("name: pair", "name: a/b"), "a workflow named 'a/b' cannot be published"),
        *(
            (
                PAIR.replace("2.1.0", version),
                f"a workflow of version '{version}' cannot be published",
            )
            for version in ("1@2", "", "a b", "1/2", "1.json")
        ),
        (PAIR.replace("text.join", "text.joint"), "'text.joint' is not known"),
    ],
)
def test_a_workflow_that_cannot_be_published_makes_no_store(
    milepost: Command, workflow: Write, tmp_path: Path, text: str, message: str
) -> None:
    path = workflow(text)
    told = milepost("publish", path)

    assert told.code == 2
    assert message in told.err
    assert list(tmp_path.iterdir()) == [path]


def test_a_workflow_that_cannot_be_published_can_be_run(milepost: Command, workflow: Write) -> None:
    path = workflow(PAIR.replace("name: pair", "name: a/b").replace("2.1.0", "a b"))

    assert milepost("run", path).code == 0


def test_the_schemas_are_exported_beside_what_is_there(milepost: Command, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.schema.json").write_text("{}")
    told = milepost("schemas", "export", "out")

    assert told.code == 0
    files = list((tmp_path / "out").rglob("*.json"))
    assert told.out == f"{len(files) - 1} schemas written to out\n"
    for file in files:
        Draft202012Validator.check_schema(json.loads(file.read_text()))
    assert (tmp_path / "out/mine.schema.json").read_text() == "{}"
    assert (tmp_path / "out/events/step.completed.v1.schema.json").exists()
