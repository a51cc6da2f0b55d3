"""The top of a workflow: name, version, inputs, settings, context, and whom it belongs to."""

from datetime import timedelta
from pathlib import Path

import pytest

from milepost.adapters.workflow import load_text, load_workflow
from milepost.domain.errors import MilepostError
from milepost.domain.plans import LogLevel, OnLimit, OrchestrationType, Scheduling

from .texts import load, refusal

WHOLE = """
name: sales
version: "2.1.0"
description: of a region
type: planner
inputs: {region: {type: string, default: EU}, limit: {type: integer, required: false}}
context: {seen: 0}
settings:
  max_parallel_steps: 7
  stop_on_first_failure: false
  max_execution_time: 5m
  scheduling: priority
  max_steps: 50
  max_retries: 4
  max_replans: 1
  on_limit: pause
  log_level: debug
  resources: {gpu: 2}
  default_retry: {max_attempts: 5}
steps: [{tool: t}]
metadata: {team: a}
estimated_duration: 90
session: s1
user: ann
tags: [x, y]
"""


def test_every_key_of_the_top_is_read() -> None:
    workflow = load(WHOLE)
    spec, settings = workflow.spec, workflow.spec.settings

    assert (spec.name, spec.version, spec.description) == ("sales", "2.1.0", "of a region")
    assert spec.type is OrchestrationType.PLANNER
    assert spec.inputs["region"] == {"type": "string", "default": "EU"}
    assert (spec.context, spec.metadata) == ({"seen": 0}, {"team": "a"})
    assert spec.estimated_duration == timedelta(seconds=90)
    assert (settings.max_parallel_steps, settings.stop_on_first_failure) == (7, False)
    assert settings.max_execution_time == timedelta(minutes=5)
    assert (settings.scheduling, settings.on_limit) == (Scheduling.PRIORITY, OnLimit.PAUSE)
    assert (settings.max_steps, settings.max_retries, settings.max_replans) == (50, 4, 1)
    assert (settings.log_level, settings.resources) == (LogLevel.DEBUG, {"gpu": 2})
    assert settings.default_retry is not None
    assert settings.default_retry.max_attempts == 5
    owner = workflow.ownership
    assert (owner.session, owner.user, owner.tags) == ("s1", "ann", ("x", "y"))


def test_what_is_not_said_has_its_default() -> None:
    workflow = load("steps: [{tool: t}]")

    assert (workflow.spec.version, workflow.spec.type) == ("1.0.0", OrchestrationType.FIXED)
    assert workflow.spec.settings.max_parallel_steps == 5
    assert workflow.spec.settings.stop_on_first_failure
    assert workflow.ownership.tags == ()


def test_the_mapping_may_stand_below_workflow() -> None:
    below = "workflow:" + WHOLE.replace("\n", "\n  ")

    assert load(below).spec == load(WHOLE).spec
    assert load(below).locate("/settings/max_steps") == "w.yaml:13:5"
    assert load(WHOLE).locate("/settings/max_steps") == "w.yaml:13:3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "w.yaml:1:1: it is empty"),
        ("5", "w.yaml:1:1: a workflow must be an object, not 5"),
        ("- a", "a workflow must be an object"),
        ("workflow: 5", "w.yaml:1:1: a workflow must be an object, not 5"),
        ("workflow: {steps: [{tool: t}]}\nnam: x", "w.yaml:2:1: `nam` stands beside `workflow`"),
        ("name: x", "w.yaml:1:1: `steps` is missing"),
        ("name: x\nstps: []", "w.yaml:2:1: the key `stps` is not known; did you mean `steps`?"),
        ("steps: []", "w.yaml:1:1: there are no steps; write at least one"),
        ("steps: {a: 1}", "w.yaml:1:1: must be a list of steps"),
        ("name: 5\nsteps: [{tool: t}]", "w.yaml:1:1: `name` must be text, this is 5"),
        ("version: 1.0\nsteps: [{tool: t}]", "w.yaml:1:1: `version` must be text, this is 1.0"),
        ("tags: a\nsteps: [{tool: t}]", "w.yaml:1:1: `tags` must be a list, this is 'a'"),
        ("user: [a]\nsteps: [{tool: t}]", "`user` must be text"),
        ("type: fixd\nsteps: [{tool: t}]", "`type` must be"),
        (
            "settings: {max_paralel_steps: 1}\nsteps: [{tool: t}]",
            "w.yaml:1:12: `max_paralel_steps` is not known here; did you mean `max_parallel_st",
        ),
        ("settings: {max_steps: '5'}\nsteps: [{tool: t}]", "w.yaml:1:12: `max_steps` must be a"),
        ("settings: {max_parallel_steps: 0}\nsteps: [{tool: t}]", "`max_parallel_steps` must be"),
        ("settings: {stop_on_first_failure: yes}\nsteps: [{tool: t}]", "must be true or false"),
        ("settings: 5\nsteps: [{tool: t}]", "`settings` must be an object"),
        ("context: [1]\nsteps: [{tool: t}]", "`context` must be an object"),
        ("inputs: [a]\nsteps: [{tool: t}]", "`inputs` must be an object"),
        ("inputs: {a: string}\nsteps: [{tool: t}]", "w.yaml:1:10: `a` must be an object"),
        ("inputs: {a: {type: strin}}\nsteps: [{tool: t}]", "w.yaml:1:10: it is no JSON Schema"),
        (
            "inputs: {a: {type: string, default: 5}}\nsteps: [{tool: t}]",
            "w.yaml:1:10: its default does not fit: must be text, this is 5",
        ),
    ],
)
def test_a_faulty_top_is_refused_with_its_line(text: str, message: str) -> None:
    assert message in refusal(text)


def test_pointers_tell_the_place_in_json() -> None:
    text = '{"steps": [{"tool": "t", "priority": "x"}]}'

    assert refusal(text, name="w.json") == (
        "w.json#/steps/0/priority: `priority` must be a whole number, this is 'x'"
    )


def test_yaml_json_and_a_mapping_are_the_same_workflow() -> None:
    mapping = {"name": "x", "steps": [{"id": "a", "tool": "t", "input": {"b": 1, "a": 2}}]}
    yaml = "# a remark\nsteps:\n  - {tool: t, id: a, input: {a: 2, b: 1}}\nname: x\n"
    json = '{"name": "x", "steps": [{"id": "a", "tool": "t", "input": {"b": 1, "a": 2}}]}'

    found = [load_workflow(mapping), load(yaml), load_text(json, name="w.json")]

    assert found[0].spec == found[1].spec == found[2].spec
    assert len({workflow.source_hash for workflow in found}) == 1
    assert load(yaml.replace("b: 1", "b: 2")).source_hash != found[0].source_hash


@pytest.mark.parametrize(
    "text", ["{steps: [{tool: t}]}", '{"steps": [{"tool": "t"}]}', "\n{steps: [{tool: t}]}"]
)
def test_a_text_in_braces_may_be_yaml_or_json(text: str) -> None:
    assert load_workflow(text).spec.steps[0].tool == "t"


def test_what_is_wrong_with_json_in_braces_is_told_as_json() -> None:
    with pytest.raises(MilepostError, match="the key `a` stands twice"):
        load_workflow('{"a": 1, "a": 2}')


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MilepostError, match=r"gone\.yaml: there is no such file"):
        load_workflow(tmp_path / "gone.yaml")
    with pytest.raises(MilepostError, match="it cannot be read"):
        load_workflow(tmp_path)
    with pytest.raises(MilepostError, match="there is no such file"):
        load_workflow("no such text")


NESTED = """
settings: {{checkpoints: {{after: [{path}]}}}}
steps:
  - {{id: load, tool: t}}
  - {{id: box, type: sequential, steps: [{{id: in, tool: t}}]}}
  - {{id: way, type: branch, cases: [{{when: true, steps: [{{id: any id, tool: t}}]}}]}}
fallback: [{{id: sorry, tool: t}}]
"""


@pytest.mark.parametrize(
    "path", ["load", "box", "box.in", '"way[0].any%20id"', "way.any%20id", "sorry", "load~undo"]
)
def test_checkpoints_are_taken_after_steps_that_are_there(path: str) -> None:
    policy = load(NESTED.format(path=path)).spec.settings.checkpoints

    assert policy is not None
    assert policy.after == (path.strip('"'),)


@pytest.mark.parametrize(("path", "meant"), [("lod", "load"), ("bx.in", "box.in")])
def test_a_checkpoint_after_a_step_that_is_not_there_is_refused(path: str, meant: str) -> None:
    refused = refusal(NESTED.format(path=path))

    assert refused == f"w.yaml:2:34: there is no step '{path}'; did you mean `{meant}`?"
