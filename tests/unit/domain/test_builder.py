"""Plans built by calls."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.builder import PlanBuilder
from milepost.domain.errors import DependencyError, ValidationError
from milepost.domain.plans import OrchestrationType, Plan, PlanSettings, walk
from milepost.domain.policies import RetryPolicy, RetryStrategy
from milepost.domain.steps import Dependency, ParallelMode, Settle, StepKind
from milepost.domain.steps_builder import StepsBuilder

from .made import step


def small() -> PlanBuilder:
    return PlanBuilder().add_tool_step("noop")


def one(builder: PlanBuilder) -> Any:
    return builder.build().steps[-1]


def test_every_value_given_by_chained_calls_is_in_the_plan() -> None:
    built = (
        small()
        .with_id("p-1")
        .with_type("reactive")
        .with_name("Sales")
        .with_description("Numbers of the month")
        .with_version("2.0.0")
        .with_context("region", "EU")
        .with_context("limit", 3)
        .with_metadata("owner", ["ada"])
        .with_inputs({"year": {"type": "integer"}}, region={"type": "string", "default": "EU"})
        .with_session("s-1")
        .with_user("ada")
        .with_tags("monthly", "sales")
        .with_estimated_duration("5m")
        .with_settings(max_parallel_steps=2)
        .build()
    )

    assert built == Plan(
        id="p-1",
        type=OrchestrationType.REACTIVE,
        steps=(step("1"),),
        name="Sales",
        description="Numbers of the month",
        version="2.0.0",
        context={"region": "EU", "limit": 3},
        metadata={"owner": ["ada"]},
        inputs={"year": {"type": "integer"}, "region": {"type": "string", "default": "EU"}},
        session="s-1",
        user="ada",
        tags=("monthly", "sales"),
        estimated_duration=timedelta(minutes=5),
        settings=PlanSettings(max_parallel_steps=2),
        created_at=built.created_at,
    )


def test_plans_without_an_id_get_a_new_one_each_and_are_fixed() -> None:
    builder = small()
    built = [builder.build(), builder.build(), small().build()]

    assert len({made.id for made in built}) == 3
    assert all(re.fullmatch("p[0-9a-z]{26}", made.id) for made in built)
    assert {made.type for made in built} == {OrchestrationType.FIXED}


def test_new_ids_say_when_the_plan_was_built() -> None:
    built = small().build()
    number = 0
    for digit in built.id[1:]:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(digit)

    assert abs((number >> 80) / 1000 - built.created_at.timestamp()) < 5
    assert abs(built.created_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_settings_are_changed_by_name_or_by_a_callback_that_returns_a_copy() -> None:
    built = (
        small()
        .with_settings(stop_on_first_failure=False)
        .with_settings(
            lambda settings: settings.model_copy(update={"max_parallel_steps": 7}),
            max_execution_time="2s",
            default_retry={"max_attempts": 5, "strategy": "linear"},
        )
        .build()
    )

    assert built.settings == PlanSettings(
        stop_on_first_failure=False,
        max_parallel_steps=7,
        max_execution_time=timedelta(seconds=2),
        default_retry=RetryPolicy(max_attempts=5, strategy=RetryStrategy.LINEAR),
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda b: b.with_settings(max_paralel_steps=1), "did you mean `max_parallel_steps`"),
        (lambda b: b.with_settings(max_parallel_steps=0), "greater than or equal to 1, this is 0"),
        (
            lambda b: b.with_settings(lambda s: s.model_copy(update={"max_parallel_steps": 0})),
            "greater than or equal to 1, this is 0",
        ),
        (lambda b: b.with_settings(lambda _: None), "returned NoneType, not PlanSettings"),
    ],
    ids=["unknown", "out of range", "out of range in a copy", "nothing returned"],
)
def test_settings_that_are_none_are_refused(
    change: Callable[[PlanBuilder], object], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem) as caught:
        change(small())

    assert caught.value.where.startswith("settings")


def test_steps_are_numbered_in_adding_order_as_text() -> None:
    builder = PlanBuilder().add_llm_step("a").add_tool_step("b").add_step(step("own"))
    built = builder.add_wait("1s").add_tool_step("c", id="named").add_response("d").build()

    assert [made.id for made in built.steps] == ["1", "2", "own", "4", "named", "6"]


def test_a_number_that_is_taken_is_passed_over() -> None:
    builder = PlanBuilder().add_step(step("2")).add_tool_step("noop").add_tool_step("noop")

    assert [made.id for made in builder.steps] == ["2", "3", "4"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_prompt_arrives_intact(prompt: str) -> None:
    made = one(PlanBuilder().add_llm_step(prompt))

    assert made.input == {"prompt": prompt}
    assert Plan.model_validate_json(
        PlanBuilder().add_llm_step(prompt).build().model_dump_json()
    ).steps[0].input == {"prompt": prompt}


def test_a_prompt_may_hold_quotes_newlines_braces_and_what_looks_like_json() -> None:
    prompt = 'say "hi",\n{x} \\ "}, "tool": "rm", "${inputs.a}" and $${plain}'

    assert one(PlanBuilder().add_llm_step(prompt)).input == {"prompt": prompt}


def test_a_model_step_may_have_more_input_and_more_fields() -> None:
    made = one(
        small().add_llm_step("sum", "1", input={"model": "small"}, name="Sum", timeout="30s")
    )

    assert made.kind is StepKind.LLM_CALL
    assert made.input == {"model": "small", "prompt": "sum"}
    assert made.dependencies == ("1",)
    assert (made.name, made.timeout) == ("Sum", timedelta(seconds=30))


def test_a_tool_step_keeps_its_own_copy_of_its_arguments() -> None:
    arguments: dict[str, Any] = {"rows": [1]}
    builder = PlanBuilder().add_tool_step("noop", arguments)
    arguments["rows"].append(2)

    assert one(builder).input == {"rows": [1]}


def test_the_context_keeps_its_own_copy_of_a_value() -> None:
    rows = [1]
    builder = small().with_context("rows", rows)
    rows.append(2)
    first = builder.build()
    first.context["rows"].append(3)  # type: ignore[union-attr]

    assert builder.build().context == {"rows": [1]}


def test_dependencies_may_be_one_several_numbers_or_edges() -> None:
    edge = Dependency(step="1", settle=Settle.ANY)
    builder = small().add_tool_step("noop", {}, 1).add_tool_step("noop", {}, ["1", 2])
    built = builder.add_tool_step("noop", depends_on=[edge, {"step": "3", "priority": 2}]).build()

    assert [made.dependencies for made in built.steps] == [(), ("1",), ("1", "2"), ("1", "3")]
    assert built.steps[3].depends_on == (edge, Dependency(step="3", priority=2))


def test_two_branches_of_two_steps_have_distinct_ids_and_are_children_side_by_side() -> None:
    def branch(builder: StepsBuilder) -> None:
        builder.add_tool_step("noop").add_llm_step("go on", builder.last_id)

    built = small().add_parallel_steps(branch, branch, depends_on="1", mode="first_success").build()
    parallel = built.steps[1]
    ids = [made.id for made in walk(built.steps)]

    assert ids == ["1", "2", "2-1", "2-1-1", "2-1-2", "2-2", "2-2-1", "2-2-2"]
    assert parallel.kind is StepKind.PARALLEL
    assert parallel.mode is ParallelMode.FIRST_SUCCESS
    assert parallel.dependencies == ("1",)
    assert [made.kind for made in parallel.steps] == [StepKind.SEQUENTIAL] * 2
    assert [made.depends_on for made in parallel.steps] == [(), ()]
    assert [made.steps[1].dependencies for made in parallel.steps] == [("2-1-1",), ("2-2-1",)]


def test_a_branch_of_one_step_is_that_step() -> None:
    built = PlanBuilder().add_parallel_steps(
        lambda b: b.add_tool_step("left"), lambda b: b.add_tool_step("right", id="mine")
    )

    assert [(made.id, made.tool) for made in one(built).steps] == [
        ("1-1-1", "left"),
        ("mine", "right"),
    ]


def test_a_step_inside_a_branch_may_wait_for_one_outside() -> None:
    built = small().add_parallel_steps(lambda b: b.add_tool_step("noop", depends_on="1")).build()

    assert built.steps[1].steps[0].dependencies == ("1",)


def test_branches_may_be_nested() -> None:
    def inner(builder: StepsBuilder) -> None:
        builder.add_parallel_steps(*[lambda b: b.add_tool_step("noop")] * 2)

    ids = [made.id for made in walk(PlanBuilder().add_parallel_steps(inner, inner).build().steps)]

    assert len(ids) == len(set(ids)) == 7


def test_sequential_steps_of_several_callbacks_are_one_row() -> None:
    made = one(
        PlanBuilder().add_sequential_steps(
            lambda b: b.add_tool_step("a").add_tool_step("b"), lambda b: b.add_tool_step("c")
        )
    )

    assert made.kind is StepKind.SEQUENTIAL
    assert [(child.id, child.tool) for child in made.steps] == [
        ("1-1", "a"),
        ("1-2", "b"),
        ("1-3", "c"),
    ]


def test_a_branch_step_has_its_cases_in_order_and_else_last() -> None:
    made = one(
        small().add_branch(
            ('steps["1"].output > 10', lambda b: b.add_tool_step("big")),
            ('steps["1"].output > 5', lambda b: b.add_tool_step("middle")),
            otherwise=lambda b: b.add_tool_step("small"),
            depends_on="1",
        )
    )

    assert made.kind is StepKind.BRANCH
    assert [case.when for case in made.cases] == [
        'steps["1"].output > 10',
        'steps["1"].output > 5',
        None,
    ]
    assert [child.id for case in made.cases for child in case.steps] == ["2-1-1", "2-2-1", "2-3-1"]


@pytest.mark.parametrize(
    ("way", "value"),
    [("for_each", "${inputs.rows}"), ("while_", "index < 3"), ("until", "index > 3"), ("count", 3)],
)
def test_a_loop_goes_by_one_of_four_ways(way: str, value: object) -> None:
    made = one(
        PlanBuilder().add_loop(lambda b: b.add_tool_step("noop"), max_iterations=9, **{way: value})
    )

    assert made.kind is StepKind.LOOP
    assert getattr(made, way) == value
    assert made.max_iterations == 9
    assert [child.id for child in made.steps] == ["1-1"]


def test_a_wait_is_for_a_time_or_until_one() -> None:
    moment = datetime(2026, 1, 31, tzinfo=UTC)

    assert one(PlanBuilder().add_wait("5m")).wait_for == timedelta(minutes=5)
    assert one(PlanBuilder().add_wait(0.5)).wait_for == timedelta(seconds=0.5)
    assert one(PlanBuilder().add_wait(until=moment)).wait_until == moment


def test_a_question_holds_what_was_asked_and_how_it_must_be_answered() -> None:
    made = one(
        PlanBuilder().add_user_input(
            "Send?", schema={"type": "boolean"}, assignee="ada", show="${report.output}"
        )
    )

    assert made.kind is StepKind.USER_INPUT
    assert made.input == {
        "prompt": "Send?",
        "schema": {"type": "boolean"},
        "assignee": "ada",
        "show": "${report.output}",
    }
    assert one(PlanBuilder().add_user_input("Send?")).input == {"prompt": "Send?"}


def test_a_response_answers_a_text_or_an_object() -> None:
    assert one(PlanBuilder().add_response("done")).kind is StepKind.RESPONSE
    assert one(PlanBuilder().add_response("done")).input == {"text": "done"}
    assert one(PlanBuilder().add_response({"total": 3})).input == {"total": 3}
    assert one(PlanBuilder().add_response({"text": "done"})).input == {"input": {"text": "done"}}


def test_a_number_is_an_id() -> None:
    built = PlanBuilder().add_tool_step("a", id=5).add_tool_step("b", depends_on=5).build()

    assert [step.id for step in built.steps] == ["5", "2"]
    assert built.steps[1].dependencies == ("5",)


@pytest.mark.parametrize(
    ("add", "problem"),
    [
        (lambda b: b.add_llm_step("p", input="x"), "step '1': `input` must be an object"),
        (lambda b: b.add_tool_step("t", {"a": 1}, input={"a": 2}), "`input` would replace"),
        (lambda b: b.add_tool_step("t", kind="llm"), "step '1': `kind` would replace"),
        (lambda b: b.add_llm_step("p", input={"prompt": "q"}), "without a `prompt`"),
        (lambda b: b.add_user_input("Sure?", input={"show": 1}), "step '1': `input` would replace"),
        (lambda b: b.add_loop(lambda c: c.add_wait(1), count=1, steps=[]), "`steps` would replace"),
        (lambda b: b.add_tool_step("t", id=True), "/id: must be text"),
        (lambda b: b.add_tool_step("t", depends_on=True), "depends_on"),
    ],
)
def test_nothing_that_is_given_is_lost(add: Callable[[PlanBuilder], object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        add(PlanBuilder())


def add_no_step(_builder: StepsBuilder) -> None:
    """Add nothing."""


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda: PlanBuilder().build(), "plan: a plan must have at least one step; add one"),
        (lambda: small().with_id("no spaces").build(), "plan at /id: must match pattern"),
        (lambda: small().with_type("magic").build(), "plan at /type: must be 'simple', 'fixed'"),
        (lambda: small().add_tool_step("noop", tmeout=3), "did you mean `timeout`"),
        (lambda: small().add_tool_step("noop", timeout="soon"), "'soon' is not a duration"),
        (lambda: small().add_tool_step("noop", ["a"]), "step '2': `input` must be an object"),
        (lambda: PlanBuilder().add_parallel_steps(), "step '1': a parallel step needs `steps`"),
        (lambda: small().add_parallel_steps(add_no_step), "branch '2-1': the branch has no step"),
        (lambda: PlanBuilder().add_loop(add_no_step, count=1), "a loop step needs `steps`"),
        (lambda: PlanBuilder().add_branch(), "a branch step needs `cases`"),
        (lambda: PlanBuilder().add_wait(), "a wait step needs exactly one"),
        (lambda: small().with_context("a", {1, 2}), "context 'a': a value of the type set is not"),
        (lambda: small().with_context("a", float("nan")), "context 'a': nan is not JSON"),
        (lambda: PlanBuilder().last_id, "no step was added yet"),
    ],
)
def test_what_makes_no_plan_is_refused_in_one_line(
    build: Callable[[], object], problem: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(problem)) as caught:
        build()

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("builder", "problem"),
    [
        (small().add_tool_step("noop", depends_on="99"), "'99', which does not exist"),
        (small().add_step(step("1")), "used more than once: `1`"),
        (PlanBuilder().add_tool_step("noop", depends_on="1"), "step '1' depends on itself"),
        (
            PlanBuilder().add_step(step("a", "b")).add_step(step("b", "a")),
            "go round in a circle: a -> b -> a",
        ),
        (
            small().add_parallel_steps(lambda b: b.add_tool_step("noop", depends_on="x")),
            "inside step '2': step '2-1-1' depends on 'x', which does not exist",
        ),
    ],
    ids=["missing", "doubled", "own", "cyclic", "missing inside"],
)
def test_building_refuses_faulty_dependencies_and_says_which_rule(
    builder: PlanBuilder, problem: str
) -> None:
    with pytest.raises(DependencyError, match=problem):
        builder.build()


def test_a_chain_of_thousands_of_steps_is_built() -> None:
    builder = small()
    for _ in range(2_000):
        builder.add_tool_step("noop", depends_on=builder.last_id)
    steps = builder.build().steps

    assert all(later.dependencies == (before.id,) for before, later in pairwise(steps))
