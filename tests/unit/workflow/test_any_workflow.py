"""Whatever is given as a workflow is loaded and checked, or refused cleanly; nothing else."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.workflow import check_inputs, load_text, load_workflow, validate
from milepost.adapters.workflow.schemas import published
from milepost.domain.errors import MilepostError
from milepost.domain.values import Json
from milepost.engine.core import compile_plan

from .test_execution_plan import plan
from .tools import TOOLS

SCHEMA = Draft202012Validator(published()["FixedWorkflow.schema.json"])
GOOD: list[dict[str, Json]] = [
    {
        "name": "a",
        "version": "1.0.0",
        "inputs": {"region": {"type": "string", "default": "EU"}},
        "context": {"seen": 0},
        "settings": {"max_parallel_steps": 3, "default_retry": {"max_attempts": 2}},
        "steps": [
            {
                "id": "load",
                "type": "tool",
                "tool": "sql.query",
                "input": {"query": "select ${inputs.region}", "params": {"r": "${inputs.region}"}},
                "retry": {"max_attempts": 3, "strategy": "exponential", "initial_delay": "1s"},
                "timeout": "30s",
                "set": {"seen": "${load.output}"},
            },
            {
                "id": "each",
                "type": "loop",
                "for_each": "${load.output}",
                "steps": [{"tool": "noop", "when": "item > index && context.seen == 0"}],
            },
            {
                "type": "branch",
                "depends_on": ["each", {"step": "load", "settle": "any"}],
                "cases": [
                    {"when": "size(each.output) > 1", "steps": [{"id": "x", "tool": "noop"}]},
                    {"else": True, "steps": [{"type": "wait", "for": "5m"}]},
                ],
            },
            {"type": "response", "text": "done: ${load.output.map(r, r.name)}"},
        ],
    },
    {
        "workflow": {
            "steps": [{"type": "user_input", "prompt": "ok?", "schema": {"type": "boolean"}}]
        }
    },
    plan(),
]
KEYS = st.sampled_from(
    [
        "id",
        "type",
        "kind",
        "tool",
        "steps",
        "cases",
        "when",
        "else",
        "input",
        "for",
        "until",
        "count",
        "depends_on",
        "retry",
        "prompt",
        "text",
        "mode",
        "name",
        "settings",
        "workflow",
        "Steps",
        "x",
        "",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(
        ["${", "${inputs.region}", "${1 +}", "load.output", "tool", "5m", "a", "true"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def try_whole(value: dict[str, Json]) -> str | None:
    """Load, validate and compile; return the refusal, None when the workflow is sound."""
    try:
        workflow = load_workflow(value)
        validate(workflow, tools=TOOLS, expressions=CelExpressions())
        compile_plan(workflow.spec, CelExpressions())
        check_inputs(workflow.spec, {})
    except MilepostError as error:
        return str(error)
    return None


def refusal_of(text: str, name: str) -> str | None:
    try:
        load_text(text, name=name)
    except MilepostError as error:
        return str(error)
    return None


def places(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    items: Any = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        found += places(item, (*path, key))
    return found


@st.composite
def mutations(draw: st.DrawFn) -> Json:
    """Draw a good workflow with one to three parts replaced, renamed, removed or doubled."""
    value = copy.deepcopy(draw(st.sampled_from(GOOD)))
    for _number in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([place for place in places(value) if place] or [()]))
        if not path:
            return draw(VALUES)
        parent: Any = value
        for key in path[:-1]:
            parent = parent[key]
        change = draw(st.sampled_from(["replace", "remove", "rename", "double"]))
        if change == "replace":
            parent[path[-1]] = draw(VALUES)
        elif change == "remove":
            del parent[path[-1]]
        elif change == "rename" and isinstance(parent, dict):
            parent[draw(KEYS | st.text(max_size=5))] = parent.pop(path[-1])
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(parent[path[-1]]))
    return value


@pytest.mark.parametrize("value", GOOD[:2])
def test_the_workflows_that_are_changed_here_are_sound(value: Json) -> None:
    assert try_whole(value) is None


@given(VALUES)
def test_any_value_is_refused_cleanly_or_sound(value: Json) -> None:
    if isinstance(value, dict):
        refusal = try_whole(value)
        assert refusal is None or refusal.startswith("workflow")


@given(mutations())
def test_a_changed_workflow_is_refused_cleanly_or_sound(value: Json) -> None:
    if isinstance(value, dict):
        refusal = try_whole(value)
        assert refusal is None or refusal.startswith(("workflow", "input `", "the input `"))


@given(mutations())
def test_what_loads_matches_the_schema_and_comes_back_from_the_store(value: Json) -> None:
    try:
        spec = load_workflow(value).spec if isinstance(value, dict) else None
    except MilepostError:
        return
    if spec is not None:
        stored = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        assert load_workflow(stored).spec == spec
        assert SCHEMA.is_valid(stored)


@given(mutations(), st.integers(0, 400), st.text(max_size=3))
def test_a_file_with_something_torn_out_or_put_in_is_refused_cleanly_or_sound(
    value: Json, at: int, put_in: str
) -> None:
    text = json.dumps(value, indent=1)
    text = text[: at % len(text)] + put_in + text[at % len(text) + len(put_in) % 2 :]
    for name in ("w.json", "w.yaml"):
        refusal = refusal_of(text, name)
        assert refusal is None or refusal.startswith(name)
