"""The published JSON Schemas are made from the models, and agree with the loader."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from milepost.adapters.workflow import load_workflow
from milepost.adapters.workflow.schemas import FOLDER, export, published, written
from milepost.domain.errors import MilepostError
from milepost.domain.events import EVENT_TYPES
from milepost.domain.plans import OrchestrationType
from milepost.domain.steps import StepKind
from milepost.domain.values import Json

from .test_execution_plan import plan
from .test_steps import BODIES, SPELLINGS
from .test_top import WHOLE
from .texts import load, step_text

SCHEMAS = published()


def faults(name: str, value: object) -> list[str]:
    return [fault.message for fault in Draft202012Validator(SCHEMAS[name]).iter_errors(value)]


def is_workflow(value: object) -> bool:
    return not faults("FixedWorkflow.schema.json", value)


def test_the_files_in_the_package_are_those_of_the_models() -> None:
    stored = {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*.schema.json")
    }

    assert stored == {name: written(schema) for name, schema in SCHEMAS.items()}


def test_export_writes_all_and_removes_what_is_none(tmp_path: Path) -> None:
    old = tmp_path / "events" / "gone.v1.schema.json"
    old.parent.mkdir()
    old.write_text("{}")
    paths = export(tmp_path)

    assert not old.exists()
    assert sorted(tmp_path.rglob("*.json")) == sorted(paths)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_each_is_a_schema_of_2020_12(name: str) -> None:
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMAS[name])
    references = [part for part in json.dumps(SCHEMAS[name]).split('"') if part.startswith("#/")]
    assert {one.removeprefix("#/$defs/") for one in references} <= set(
        SCHEMAS[name].get("$defs", {})
    )


def test_every_kind_of_event_has_a_schema() -> None:
    named = {name.removeprefix("events/").removesuffix(".schema.json") for name in SCHEMAS}

    assert set(EVENT_TYPES) <= named


@pytest.mark.parametrize("kind", list(OrchestrationType))
def test_an_orchestration_type_is_one_of_four(kind: OrchestrationType) -> None:
    name = "OrchestrationType.schema.json"

    assert not faults(name, {"orchestrationType": kind.value})
    assert faults(name, {"orchestrationType": kind.value.upper()})
    assert faults(name, {})
    assert faults(name, {"orchestrationType": kind.value, "more": 1})


@pytest.mark.parametrize(
    ("word", "kind"),
    [*SPELLINGS, ("TOOL", StepKind.TOOL_CALL), ("User-Input", StepKind.USER_INPUT)],
)
def test_every_spelling_is_a_workflow(word: str, kind: StepKind) -> None:
    assert is_workflow(load(step_text(f"type: {word}\n{BODIES[kind]}")).document.value)


def test_the_whole_top_is_a_workflow() -> None:
    value = load(WHOLE).document.value

    assert is_workflow(value)
    assert is_workflow({"workflow": value})


GOOD: list[Json] = [
    {"tool": "t"},
    {"id": 5, "tool": "t", "input": "text", "depends_on": "a", "when": True},
    {"tool": "t", "depends_on": [1, "a", {"step": "b", "settle": "any", "when": "x"}]},
    {"tool": "t", "timeout": 5, "retry": {"max_attempts": 2, "initial_delay": "1s"}},
    {"tool": "t", "when": None, "metadata": {"a": [1]}, "compensate": {"tool": "u", "input": "x"}},
    {"type": "loop", "for_each": [1], "steps": [{"tool": "t"}], "concurrency": 2},
    {
        "type": "branch",
        "cases": [
            {"when": "a", "steps": [{"tool": "t"}]},
            {"else": True, "steps": [{"tool": "t"}]},
        ],
    },
    {"type": "wait", "until": "2026-01-31T09:00:00Z"},
    {"type": "llm", "prompt": "a", "schema": {"type": "object"}, "context": [1]},
    {"type": "response", "output": {"a": 1}},
    {"type": "loop", "for_each": None, "count": 2, "steps": [{"tool": "t"}]},
    {"type": "loop", "count": "${inputs.a}", "steps": [{"tool": "t"}]},
    {"type": "wait", "for": None, "until": "2026-01-31T09:00:00Z"},
    {"type": "llm", "prompt": None, "model": None, "schema": "${inputs.a}"},
    {"tool": "t", "compensate": {"tool": "u", "input": None}},
    {"tool": "t", "when": "${" + "true".ljust(999) + "}"},
]
BAD: list[Json] = [
    {},
    {"id": "a"},
    {"type": "tol", "tool": "t"},
    {"type": "tool"},
    {"tool": "t", "inputs": {}},
    {"tool": "t", "for_each": "x"},
    {"tool": "t", "priority": "5"},
    {"tool": "t", "final": 1},
    {"tool": 5},
    {"tool": "t", "retry": {"max_attempt": 3}},
    {"tool": "t", "on_unknown": "aks"},
    {"type": "wait"},
    {"type": "wait", "for": "1m", "until": "2026-01-31T09:00:00Z"},
    {"type": "loop", "steps": [{"tool": "t"}]},
    {"type": "loop", "count": 1, "steps": []},
    {"type": "branch", "cases": []},
    {"type": "parallel", "mode": "som", "steps": [{"tool": "t"}]},
    {"type": "parallel", "steps": [{"tool": "t", "xyz": 1}]},
    {"type": "llm", "prompt": "a", "text": "b"},
    {"type": "tool", "tool": None},
    {"tool": None},
    {"type": "wait", "until": True},
    {"type": "wait", "for": "1s", "wait_for": "2s"},
    {"type": "loop", "count": "3", "steps": [{"tool": "t"}]},
    {"type": "loop", "count": -1, "steps": [{"tool": "t"}]},
    {"type": "loop", "for_each": "abc", "steps": [{"tool": "t"}]},
    {"type": "branch", "cases": [{"when": "a", "else": True, "steps": [{"tool": "t"}]}]},
    {"tool": "t", "id": "x" * 201},
    {"tool": "t", "when": "true" + " " * 1_000},
    {"tool": "t", "depends_on": {"step": True}},
    5,
]


@pytest.mark.parametrize("step", GOOD)
def test_what_the_loader_takes_the_schema_takes(step: Json) -> None:
    assert load_workflow({"steps": [step]})
    assert is_workflow({"steps": [step]})


@pytest.mark.parametrize("step", BAD)
def test_what_the_loader_refuses_the_schema_refuses(step: Json) -> None:
    with pytest.raises(MilepostError):
        load_workflow({"steps": [step]})
    assert not is_workflow({"steps": [step]})


@pytest.mark.parametrize("step", GOOD)
def test_every_stored_plan_matches_both_schemas_and_loads_again(step: Json) -> None:
    spec = load_workflow({"steps": [step], "inputs": {"a": {"type": "string"}}}).spec
    stored = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    assert is_workflow(stored)
    assert not faults("AgentPlan.schema.json", stored)
    assert load_workflow(stored).spec == spec


def test_a_plan_that_a_model_wrote_matches_the_schema_of_plans() -> None:
    assert not faults("AgentPlan.schema.json", plan())
    assert faults("AgentPlan.schema.json", plan() | {"Steps": []})
    assert faults("AgentPlan.schema.json", plan() | {"More": 1})


@pytest.mark.parametrize(
    "step",
    [
        {"Type": "TOOL", "Name": "t"},
        {"Type": "llm_function", "Name": "f"},
        {"StepId": "a", "Type": "Tool", "Name": "t", "Dependencies": "1"},
        {"StepId": 5, "Type": "Response", "Status": None},
        {"StepId": "a", "Type": "Response", "Status": "Pending"},
    ],
)
def test_a_step_that_a_model_wrote_and_the_loader_takes_the_schema_takes(
    step: dict[str, Json],
) -> None:
    value: dict[str, Json] = {"PlanId": 5, "Steps": [{"Type": "Tool", "Name": "t"}, step]}

    assert load_workflow(value)
    assert not faults("AgentPlan.schema.json", value)


@pytest.mark.parametrize(
    "step",
    [
        {"Type": "Tool"},
        {"Type": "Tool", "Name": None},
        {"Type": "Tol", "Name": "t"},
        {"Type": "Tool", "Name": "t", "Status": "done"},
    ],
)
def test_a_step_that_a_model_wrote_and_the_loader_refuses_the_schema_refuses(
    step: dict[str, Json],
) -> None:
    with pytest.raises(MilepostError):
        load_workflow({"Steps": [step]})
    assert faults("AgentPlan.schema.json", {"Steps": [step]})


@pytest.mark.parametrize(
    "top", [{"steps": None}, {"fallback": "x"}, {"fallback": []}, {"fallback": "a@b@c d"}]
)
def test_a_top_that_the_loader_refuses_the_schema_refuses(top: dict[str, Json]) -> None:
    value: dict[str, Json] = {"steps": [{"tool": "t"}]} | top
    with pytest.raises(MilepostError):
        load_workflow(value)
    assert not is_workflow(value)
