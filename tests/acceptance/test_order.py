"""Which step runs when: rows A9, A21, A22, B13, F1, F9, F10, G3, G5, H7, H8, AF12."""

from __future__ import annotations

from typing import Any

import pytest

import milepost
from milepost import StepStatus, ValidationError
from milepost.domain.events import SkipReason
from milepost.domain.steps import DependencyType

from .workbench import Story, carried_out, flow, step

DIAMOND = flow(
    step("a", takes=1),
    step("b", "a", takes=2),
    step("c", "a", takes=2),
    step("d", "b", "c", takes=1),
)


def positions(story: Story, kind: str) -> dict[str | None, int]:
    """Return where the first event of a kind stands for each step."""
    return {e.step: e.position for e in reversed(story.events) if e.kind == f"{kind}.v1"}


def overlap(story: Story, one: str, other: str) -> bool:
    """Tell whether two steps ran at the same time."""
    first, second = story[one], story[other]
    assert first.started_at and first.ended_at and second.started_at and second.ended_at
    return first.started_at < second.ended_at and second.started_at < first.ended_at


def test_no_step_starts_before_its_dependencies_have_settled() -> None:
    story = carried_out(DIAMOND)
    started, ended = positions(story, "step.started"), positions(story, "step.completed")

    for name, needs in (("b", "a"), ("c", "a"), ("d", "b"), ("d", "c")):
        assert ended[needs] < started[name]


def test_the_two_middle_steps_of_a_diamond_run_at_the_same_time() -> None:
    story = carried_out(DIAMOND)

    assert overlap(story, "b", "c")
    assert story.timeline.most_at_once == 2
    assert story.result.duration.total_seconds() == 4
    assert story.plan.strategy == "dag"


def test_a_file_runs_in_the_order_of_its_dependencies_not_of_its_lines(write: Any) -> None:
    text = """
    steps:
      - {id: third, tool: work, input: {}, depends_on: [second]}
      - {id: first, tool: work, input: {}}
      - {id: second, tool: work, input: {}, depends_on: first}
    """
    story = carried_out(write(text))

    assert story.order("step.started") == ["first", "second", "third"]


def test_each_type_of_dependency_is_scheduled_and_named_on_its_edge() -> None:
    story = carried_out(
        flow(
            step("a", takes=5, gives=1),
            step("after", {"step": "a", "type": "sequential"}),
            step("beside", {"step": "a", "type": "parallel"}, takes=1),
            step("if", {"step": "a", "type": "conditional", "when": "a.output == 1"}),
            step("else", {"step": "a", "type": "conditional", "when": "a.output != 1"}),
        )
    )

    assert overlap(story, "a", "beside")
    assert not overlap(story, "a", "after")
    assert story["if"].status is StepStatus.COMPLETED
    assert story["else"].status is StepStatus.SKIPPED
    edges = {made.id: made.depends_on[0].type for made in story.plan.spec.steps[1:]}
    assert edges == {
        "after": DependencyType.SEQUENTIAL,
        "beside": DependencyType.PARALLEL,
        "if": DependencyType.CONDITIONAL,
        "else": DependencyType.CONDITIONAL,
    }


def test_a_false_condition_skips_a_step_and_the_reason_is_recorded() -> None:
    story = carried_out(flow(step("a", gives=3), step("b", "a", when="a.output > 5")))

    assert story["b"].status is StepStatus.SKIPPED
    assert story["b"].reason == "`a.output > 5` does not hold"
    assert story.event("step.skipped", "b").data["reason"] == SkipReason.CONDITION
    assert [(choice.what, choice.step) for choice in story.decisions] == [("skip", "b")]


@pytest.mark.parametrize("edge", [False, True], ids=["of the step", "of the dependency"])
def test_a_higher_priority_runs_first_when_slots_are_scarce(*, edge: bool) -> None:
    def later(name: str, priority: int) -> dict[str, Any]:
        if edge:
            return step(name, {"step": "gate", "priority": priority})
        return step(name, "gate", priority=priority)

    story = carried_out(
        flow(step("gate"), later("low", 1), later("high", 9), later("mid", 5), max_parallel_steps=1)
    )

    assert story.order("step.started") == ["gate", "high", "mid", "low"]


def test_twenty_free_steps_never_run_more_than_five_at_once() -> None:
    story = carried_out(flow(*[step(f"s{at}", takes=1) for at in range(20)]))

    assert story.plan.spec.settings.max_parallel_steps == 5
    assert story.timeline.most_at_once == 5
    assert story.result.duration.total_seconds() == 4


STRATEGIES = {
    "serial": (["a", "b", "c", "d"], 1),
    "parallel": (["b", "a", "c", "d"], 2),
    "priority": (["b", "c", "a", "d"], 2),
    "resources": (["c", "b", "a", "d"], 2),
}
"""Start orders: file order; priority, then file order; priority, then the longest way to the end;
the largest demand first, and what does not fit lets others pass. And the most at once."""


@pytest.mark.parametrize("scheduling", STRATEGIES)
def test_the_order_of_starts_is_that_of_the_strategy(scheduling: str) -> None:
    expected, at_once = STRATEGIES[scheduling]
    story = carried_out(
        flow(
            step("a", takes=1, resources={"gpu": 1}),
            step("b", takes=2, priority=7),
            step("c", takes=1, resources={"gpu": 2}, estimated_duration="9s"),
            step("d", "c", takes=1),
            scheduling=scheduling,
            max_parallel_steps=2,
            resources={"gpu": 2},
        )
    )

    assert story.order("step.started") == expected
    assert story.timeline.most_at_once == at_once
    assert story.plan.strategy == scheduling


def test_two_steps_that_need_the_same_resource_take_turns() -> None:
    story = carried_out(
        flow(
            *[step(name, takes=1, resources={"slot": 1}) for name in "ab"],
            resources={"slot": 1},
            scheduling="resources",
        )
    )

    assert not overlap(story, "a", "b")
    assert story.result.success


@pytest.mark.parametrize(
    ("workflow", "problem"),
    [
        (flow(step("a", input={"gives": "${a.output}"})), "a"),
        (flow(step("a", input={"gives": "${b.output}"}), step("b", "a")), "a -> b -> a"),
        (
            flow(
                step("a", input={"gives": "${i.output}"}),
                {"id": "p", "type": "parallel", "steps": [step("i")]},
            ),
            "i",
        ),
    ],
    ids=["its own", "of a step that waits for it", "inside of another step"],
)
def test_an_input_that_refers_to_what_cannot_be_finished_is_refused(
    workflow: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        milepost.validate(workflow, tools=_tools())


def test_an_input_that_refers_to_a_running_step_waits_for_it() -> None:
    story = carried_out(
        flow(
            step("a", takes=3, gives=8),
            step("b", {"step": "a", "type": "parallel"}, input={"gives": "${a.output}"}),
        )
    )

    assert story["b"].output == 8
    assert not overlap(story, "a", "b")


def test_independent_tool_calls_overlap_in_time() -> None:
    story = carried_out(flow(*[step(f"s{at}", takes=1) for at in range(4)]))

    assert all(overlap(story, "s0", f"s{at}") for at in range(1, 4))
    assert story.timeline.saved.total_seconds() == 3


def test_two_plans_compete_for_one_slot_in_turn() -> None:
    story = carried_out(flow(step("a", takes=1), step("b", takes=1), max_parallel_steps=1))

    assert not overlap(story, "a", "b")
    assert story.result.success


def _tools() -> list[Any]:
    from .workbench import Workbench

    return Workbench().tools
