"""Random nested plans, random luck, random order: judged by a referee that knows only the rules."""

from __future__ import annotations

from hypothesis import given

from milepost.domain.steps import StepStatus

from .match import CHOICES, played
from .written_plans import WrittenPlan, written_plans


@given(written_plans(), CHOICES)
def test_every_event_is_allowed_and_nothing_that_could_happen_is_left_undone(
    plan: WrittenPlan, choices: list[int]
) -> None:
    match = played(plan, choices)
    assert match.run.state.plan.ended
    assert match.referee.plan == match.run.state.plan.status


@given(written_plans(), CHOICES)
def test_every_event_is_what_its_type_would_let_through(
    plan: WrittenPlan, choices: list[int]
) -> None:
    for event in played(plan, choices).run.log:
        checked = type(event)(**vars(event))
        assert checked == event
        assert checked.model_dump_json() == event.model_dump_json()


@given(written_plans(), CHOICES)
def test_no_started_step_outlives_its_plan(plan: WrittenPlan, choices: list[int]) -> None:
    state = played(plan, choices).run.state
    unfinished = (StepStatus.RUNNING, StepStatus.RETRYING, StepStatus.SUSPENDED)
    assert [path for path, step in state.steps.items() if step.status in unfinished] == []
    assert (state.busy, state.held.get("gpu", 0), state.sleeping) == (0, 0, 0)
