"""Random plans cut off anywhere: what is left of them is the fold of their events, and enough."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.events import Event, StepCompleted, StepReset, StepStarted
from milepost.engine.core import PlanState, TimerFired, decide
from milepost.engine.core.derive import restore

from .core_run import PLAN, CoreRun
from .match import CHOICES, Match, played
from .written_plans import WrittenPlan, written_plans

CRASHES = st.frozensets(st.integers(0, 30), max_size=4)


def standing(state: PlanState) -> dict[str, Any]:
    """Return what a plan's state comes to, however it was reached."""
    return {
        "plan": (state.plan.status, state.plan.waiting, state.plan.context, state.limit),
        "steps": {
            path: (step.status, step.activation, step.attempt, step.output, step.due, step.error)
            for path, step in state.steps.items()
            if step.version
        },
        "accounts": (state.starts, state.retries, state.busy, state.sleeping),
        "held": {name: amount for name, amount in state.held.items() if amount},
        "active": set(state.active),
        "asking": set(state.asking),
    }


def queues(state: PlanState) -> dict[str, Any]:
    """Return what waits for a slot, and for which time."""
    ready = {instance.path for instance in state.ready.instances() if not instance.step.ended}
    return {"ready": ready, "next": state.timers.next_time()}


class Recorder(Match):
    """Remembers how the plan stood after every save."""

    def __init__(self, plan: WrittenPlan) -> None:
        self.stood: list[tuple[dict[str, Any], dict[str, Any]]] = []
        super().__init__(plan)

    def judge(self) -> None:
        super().judge()
        while len(self.stood) < len(self.run.groups):
            self.stood.append((standing(self.run.state), queues(self.run.state)))


def recorded(plan: WrittenPlan, choices: list[int]) -> Recorder:
    match = Recorder(plan)
    for choice in [*choices, *[0] * 400]:
        if not match.turn(choice):
            break
    return match


@given(written_plans(), CHOICES)
def test_state_restored_from_any_save_is_the_live_state(
    plan: WrittenPlan, choices: list[int]
) -> None:
    match = recorded(plan, choices)
    for cut, (stood, waited) in zip(match.run.groups, match.stood, strict=True):
        log = match.run.log[:cut]
        state = restore(PLAN, log, match.run.compiled)
        assert standing(state) == stood
        if state.plan.ended:
            continue
        now = log[-1].timestamp
        if waited["next"] is None or waited["next"] > now:
            assert decide(state, TimerFired(), now) == []
            assert queues(state) == waited


@given(written_plans(), CHOICES, CRASHES)
def test_crashes_break_no_rule(
    plan: WrittenPlan, choices: list[int], crashes: frozenset[int]
) -> None:
    match = played(plan, choices, sorted(crashes))
    assert match.run.state.plan.ended
    assert ran_again(match.run.log) == []


@given(written_plans(orderly=True), CHOICES)
def test_a_plan_comes_to_the_same_end_wherever_it_was_cut_off(
    plan: WrittenPlan, choices: list[int]
) -> None:
    whole = played(plan, choices)
    turns = len(whole.run.groups)
    for crash in range(turns):
        cut = played(plan, choices, [crash])
        assert end(cut.run) == end(whole.run)


def end(run: CoreRun) -> Any:
    """Return how a plan and each of its steps ended."""
    plan = run.state.plan
    return (plan.status, plan.completion, plan.missing, plan.output_of, run.statuses)


def ran_again(log: list[Event]) -> list[str]:
    """Return the streams of steps that started after they had completed, without a reset."""
    done: set[str] = set()
    again = []
    for event in log:
        if isinstance(event, StepCompleted):
            done.add(event.originator_id)
        elif isinstance(event, StepReset):
            done.discard(event.originator_id)
        elif isinstance(event, StepStarted) and event.originator_id in done:
            again.append(event.originator_id)
    return again
