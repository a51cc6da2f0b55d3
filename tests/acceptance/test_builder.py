"""Plans built in Python run as they were written: rows C1 to C6."""

from __future__ import annotations

import pytest

from milepost import PlanBuilder, PlanSettings, StepStatus, ValidationError
from milepost.domain.values import Json

from .workbench import carried_out

PROMPT = 'Say "hi" \\ {not: json}\n\t${"$"}{x} }{ "}'


def test_six_chained_calls_are_in_the_plan_that_runs() -> None:
    plan = (
        PlanBuilder()
        .with_id("mine")
        .with_type("fixed")
        .with_name("N")
        .with_description("D")
        .with_context("k", [1])
        .with_settings(lambda settings: settings.model_copy(update={"max_parallel_steps": 2}))
        .add_tool_step("work")
        .build()
    )
    view = carried_out(plan).plan

    assert (view.id, view.type, view.name, view.description) == ("mine", "fixed", "N", "D")
    assert view.context == {"k": [1]}
    assert view.spec.settings == PlanSettings(max_parallel_steps=2)


def test_a_prompt_with_quotes_newlines_and_braces_reaches_the_model_intact() -> None:
    plan = PlanBuilder().add_llm_step(PROMPT).build()
    said = PROMPT.replace('${"$"}', "$")
    story = carried_out(plan, rules=[{"contains": said, "answer": "heard"}])

    assert story["1"].output == "heard"


def test_branches_of_two_steps_have_their_own_ids_and_run_at_the_same_time() -> None:
    def branch(inner: object) -> None:
        inner.add_tool_step("work", {"takes": 1}).add_tool_step("work", {"takes": 1})  # type: ignore[attr-defined]

    plan = PlanBuilder().add_parallel_steps(branch, branch).build()
    story = carried_out(plan)

    children = [view for view in story.steps.values() if view.tool]
    assert [view.id for view in children] == ["1-1-1", "1-1-2", "1-2-1", "1-2-2"]
    assert {view.status for view in children} == {StepStatus.COMPLETED}
    assert story.timeline.most_at_once == 2
    assert story.result.duration.total_seconds() == 2


def test_steps_are_numbered_in_adding_order_and_depend_by_number() -> None:
    plan = (
        PlanBuilder()
        .add_tool_step("work", {"gives": "x"})
        .add_tool_step("work", {"gives": "${steps['1'].output}"}, depends_on=1)
        .add_response("${steps['2'].output}!", depends_on=[2])
        .build()
    )

    assert [step.id for step in plan.steps] == ["1", "2", "3"]
    assert carried_out(plan).result.final_output == "x!"


@pytest.mark.parametrize("given", [None, "simple", "reactive"])
def test_ids_differ_and_the_type_is_fixed_unless_it_is_given(given: str | None) -> None:
    def built() -> PlanBuilder:
        builder = PlanBuilder().add_tool_step("work")
        return builder.with_type(given) if given else builder

    one, other = built().build(), built().build()
    assert one.id != other.id
    assert one.type == other.type == (given or "fixed")


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "strnig"}, "it is no JSON Schema: type"),
        ({"type": "object", "properties": [1]}, "it is no JSON Schema: properties"),
        ({"type": "string", "pattern": "("}, "is no pattern"),
        ({"type": "integer", "default": "x"}, "its default does not fit"),
    ],
)
def test_an_input_is_declared_as_well_as_in_a_file(schema: dict[str, Json], problem: str) -> None:
    plan = PlanBuilder().with_inputs(n=schema).add_response("hi").build()

    with pytest.raises(ValidationError, match=f"plan#/inputs/n: .*{problem}"):
        carried_out(plan, inputs={"n": 1})


def test_a_response_answers_the_object_that_it_is_given() -> None:
    plan = PlanBuilder().add_response({"text": "hello"}).build()

    assert carried_out(plan).result.final_output == {"text": "hello"}
