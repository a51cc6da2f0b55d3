"""Steps and plans as values: what they need, what they default to, what they refuse."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pydantic
import pytest
from jsonschema import Draft202012Validator

from milepost.domain.aggregates import Step
from milepost.domain.plans import LogLevel, Plan, PlanSettings, PlanSpec, PlanStatus, walk
from milepost.domain.policies import RetryStrategy
from milepost.domain.steps import (
    Dependency,
    DependencyType,
    OnUnknown,
    Settle,
    StepKind,
    StepSpec,
    StepStatus,
)

from .made import container, plan, step

CHILD = {"id": "x", "kind": "tool", "tool": "noop", "input": {}}


def written(**fields: Any) -> StepSpec:
    return StepSpec.model_validate({"id": "a", "input": {}, **fields})


@pytest.mark.parametrize("missing", ["id", "kind", "input"])
def test_a_step_without_a_required_field_is_refused_by_its_name(missing: str) -> None:
    fields = {name: value for name, value in CHILD.items() if name != missing}

    with pytest.raises(pydantic.ValidationError) as caught:
        StepSpec.model_validate(fields)

    assert [(fault["loc"], fault["type"]) for fault in caught.value.errors()] == [
        ((missing,), "missing")
    ]


@pytest.mark.parametrize("missing", ["id", "type", "steps"])
def test_a_plan_without_a_required_field_is_refused_by_its_name(missing: str) -> None:
    fields = {"id": "p", "type": "fixed", "steps": [CHILD]}

    with pytest.raises(pydantic.ValidationError) as caught:
        Plan.model_validate({name: value for name, value in fields.items() if name != missing})

    assert [(fault["loc"], fault["type"]) for fault in caught.value.errors()] == [
        ((missing,), "missing")
    ]


@pytest.mark.parametrize(
    ("value", "field"),
    [(step("a"), "name"), (plan(step("a")), "status"), (PlanSettings(), "max_parallel_steps")],
    ids=["step", "plan", "settings"],
)
def test_a_made_value_cannot_be_changed(value: pydantic.BaseModel, field: str) -> None:
    before = getattr(value, field)

    with pytest.raises(pydantic.ValidationError, match="frozen"):
        setattr(value, field, "other")

    assert getattr(value, field) == before


def test_a_plan_has_the_defaults_of_the_requirements() -> None:
    before = datetime.now(UTC)
    made = plan(step("a"))

    assert made.version == "1.0.0"
    assert made.status is PlanStatus.READY
    assert made.created_at.tzinfo is not None
    assert before <= made.created_at <= datetime.now(UTC)
    assert made.settings.max_execution_time is None
    assert made.settings.max_parallel_steps == 5
    assert made.settings.stop_on_first_failure is True
    assert made.settings.default_retry is None
    assert made.settings.log_level is LogLevel.INFORMATION


def test_a_given_version_is_kept() -> None:
    assert plan(step("a"), version="2.1.0-beta").version == "2.1.0-beta"


def test_a_step_has_the_defaults_of_the_requirements() -> None:
    made = step("a")

    assert Step.shell("p1.a").status is StepStatus.PENDING
    assert made.on_unknown is OnUnknown.ASK
    assert made.label == "a"
    assert step("a", name="Load").label == "Load"
    assert made.retry is made.timeout is made.when is None


def test_an_edge_may_be_an_id_or_say_more() -> None:
    made = written(
        kind="tool",
        tool="noop",
        depends_on=["b", {"step": "c", "settle": "any", "type": "conditional", "priority": 3}],
    )

    assert made.depends_on == (
        Dependency(step="b", settle=Settle.DONE_OR_SKIPPED, type=DependencyType.SEQUENTIAL),
        Dependency(step="c", settle=Settle.ANY, type=DependencyType.CONDITIONAL, priority=3),
    )
    assert made.dependencies == ("b", "c")


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        (StepKind.LLM_CALL, ["llm", "LLMFunction", "LlmCall", "llm-call", "llm_function"]),
        (StepKind.TOOL_CALL, ["tool", "Tool", "ToolCall", "TOOL_CALL"]),
        (StepKind.USER_INPUT, ["input", "UserInput", "user-input"]),
        (StepKind.RESPONSE, ["Response"]),
        (StepKind.WAIT, ["Wait"]),
    ],
)
def test_kinds_are_read_in_all_their_spellings(kind: StepKind, spellings: list[str]) -> None:
    assert [StepKind(word) for word in spellings] == [kind] * len(spellings)


def test_there_are_nine_kinds_and_an_unknown_one_is_refused() -> None:
    assert len(StepKind) == 9
    with pytest.raises(ValueError, match="not a valid StepKind"):
        StepKind("magic")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": "tool"}, "needs `tool`"),
        ({"kind": "parallel"}, "needs `steps`"),
        ({"kind": "sequential", "steps": []}, "needs `steps`"),
        ({"kind": "branch"}, "needs `cases`"),
        ({"kind": "branch", "cases": [{"steps": [CHILD]}, {"when": "x", "steps": [CHILD]}]}, "els"),
        ({"kind": "loop", "steps": [CHILD]}, "exactly one of `for_each`"),
        ({"kind": "loop", "steps": [CHILD], "count": 2, "while": "x"}, "exactly one of `for_each`"),
        ({"kind": "wait"}, "exactly one of `for`"),
        ({"kind": "wait", "wait_for": "1s", "wait_until": "2026-01-01T00:00:00Z"}, "exactly one"),
        ({"kind": "wait", "wait_for": "soon"}, "'soon' is not a duration"),
        ({"kind": "wait", "wait_until": "2026-01-01T00:00:00"}, "timezone"),
        ({"kind": "tool", "tool": "noop", "depends_on": ["b", "b"]}, "depends on 'b' twice"),
        ({"kind": "llm", "input": "say it"}, "must be an object"),
        ({"kind": "llm", "input": None}, "must be an object"),
        ({"kind": "llm", "tool": "noop"}, "`tool` has no meaning in a llm_call step"),
        ({"kind": "tool", "tool": "noop", "steps": [CHILD]}, "`steps` has no meaning"),
        ({"kind": "wait", "wait_for": "1s", "while": "x"}, "`while` has no meaning in a wait step"),
        ({"kind": "sequential", "steps": [CHILD], "concurrency": 2}, "`concurrency` has no"),
        ({"kind": "parallel", "steps": [CHILD], "cases": [{"steps": [CHILD]}]}, "`cases` has no"),
        ({"kind": "tool", "tool": "noop", "id": ""}, "at least 1 character"),
        ({"kind": "tool", "tool": "noop", "retries": 3}, "Extra inputs"),
    ],
)
def test_a_step_that_does_not_fit_its_kind_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=problem):
        written(**fields)


def test_a_wait_is_read_as_a_duration_a_time_or_left_as_a_template() -> None:
    assert written(kind="wait", wait_for="5m").wait_for == timedelta(minutes=5)
    assert written(kind="wait", wait_for=1.5).wait_for == timedelta(seconds=1.5)
    assert written(kind="wait", wait_for="${inputs.pause}").wait_for == "${inputs.pause}"
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert written(kind="wait", wait_until="2026-01-31T13:00:00+01:00").wait_until == moment
    assert written(kind="wait", wait_until="${a.output}").wait_until == "${a.output}"


def test_fields_at_their_defaults_may_be_written_out_for_any_kind() -> None:
    whole = json.loads(step("a").model_dump_json(by_alias=True))

    assert "concurrency" in whole
    assert StepSpec.model_validate(whole) == step("a")


def test_a_plan_comes_back_equal_from_its_json() -> None:
    original = plan(
        step("a", metadata={"owner": {"team": ["x", 1, None]}}, timeout="30s", retry={"jitter": 0}),
        container("p", step("b", "a"), step("c")),
        written(id="w", kind="wait", wait_for="1h"),
        written(id="l", kind="loop", steps=[CHILD], **{"while": "index < 3"}),
        context={"region": "EU"},
        settings={"max_parallel_steps": 2, "default_retry": {"strategy": "fixed"}},
    )

    for text in (original.model_dump_json(), original.model_dump_json(exclude_defaults=True)):
        assert Plan.model_validate_json(text) == original


def test_what_a_revision_keeps_is_the_plan_without_its_own_life() -> None:
    kept = plan(step("a"), name="sales", session="s-1", tags=("x",)).content()

    assert type(kept) is PlanSpec
    assert kept == PlanSpec(steps=(step("a"),), name="sales")


def test_walking_yields_parents_before_children_in_file_order() -> None:
    branch = written(
        id="b",
        kind="branch",
        cases=[{"when": "x", "steps": [CHILD]}, {"steps": [{**CHILD, "id": "y"}]}],
    )
    steps = (container("p", container("q", step("r")), step("s")), branch, step("z"))

    assert [found.id for found in walk(steps)] == ["p", "q", "r", "s", "b", "x", "y", "z"]


SAMPLE = {
    "settings": {"max_execution_time": "5m", "default_retry": {"strategy": "exponential_backoff"}},
    "steps": [
        {**CHILD, "depends_on": ["w", {"step": "l", "when": "true"}], "timeout": 2.5},
        {"id": "w", "kind": "wait", "input": {}, "wait_for": "PT5M"},
        {"id": "l", "kind": "loop", "input": {}, "count": 3, "steps": [CHILD]},
    ],
}


def test_the_published_schema_accepts_what_the_model_reads() -> None:
    schema = PlanSpec.model_json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    assert PlanSpec.model_validate(SAMPLE).steps[0].dependencies == ("w", "l")
    assert [fault.message for fault in validator.iter_errors(SAMPLE)] == []
    assert not validator.is_valid({"steps": [{**CHILD, "kind": "magic"}]})
    assert not validator.is_valid({"steps": [{**CHILD, "timeout": -1}]})
    assert not validator.is_valid({"steps": [{**CHILD, "depends_on": [3]}]})


def test_the_written_schema_accepts_what_the_model_writes() -> None:
    schema = PlanSpec.model_json_schema(mode="serialization")
    dumped = PlanSpec.model_validate(SAMPLE).model_dump(mode="json", by_alias=True)

    assert [fault.message for fault in Draft202012Validator(schema).iter_errors(dumped)] == []


@pytest.mark.parametrize(
    ("word", "strategy"),
    [
        ("ExponentialBackoff", RetryStrategy.EXPONENTIAL),
        ("exponential_backoff", RetryStrategy.EXPONENTIAL),
        ("Linear", RetryStrategy.LINEAR),
        ("FIXED", RetryStrategy.FIXED),
    ],
)
def test_retry_strategies_are_read_in_the_seeds_spellings(
    word: str, strategy: RetryStrategy
) -> None:
    assert RetryStrategy(word) is strategy
