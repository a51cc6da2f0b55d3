"""Every move of every state: the table, the library's own triggers and the aggregates agree."""

from typing import Any

import pytest
from transitions import Machine, MachineError

from milepost.domain.aggregates import PlanStream, Step, Stream
from milepost.domain.errors import IllegalTransitionError
from milepost.domain.events import PLAN_EVENTS as ALL_PLAN_EVENTS
from milepost.domain.events import STEP_EVENTS as ALL_STEP_EVENTS
from milepost.domain.lifecycles import PLAN, PLAN_ENDED, STEP, Lifecycle
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import ENDED, StepStatus

from .written_lifecycles import (
    PLAN_EVENTS,
    PLAN_MOVES,
    PLAN_TRIGGERS,
    PLAN_WAYS,
    STEP_EVENTS,
    STEP_MOVES,
    STEP_TRIGGERS,
    STEP_WAYS,
    TIME,
)

BOTH = pytest.mark.parametrize(
    ("lifecycle", "moves"), [(STEP, STEP_MOVES), (PLAN, PLAN_MOVES)], ids=["step", "plan"]
)


def record(stream: Stream, events: dict[str, Any], trigger: str) -> None:
    event_type, fields = events[trigger]
    stream.record(event_type, timestamp=TIME, **fields)


def led(stream: Stream, events: dict[str, Any], way: str) -> Stream:
    for trigger in way.split():
        record(stream, events, trigger)
    return stream


@BOTH
def test_the_table_is_the_designs(
    lifecycle: Lifecycle[Any], moves: dict[str, dict[str, str]]
) -> None:
    found: dict[str, dict[str, str]] = {state: {} for state in moves}
    for row in lifecycle.rows():
        assert row["trigger"] not in found[row["source"]], "a move leads to two states"
        found[row["source"]][row["trigger"]] = row["dest"]

    assert found == moves


@BOTH
def test_the_machine_holds_exactly_the_table(
    lifecycle: Lifecycle[Any], moves: dict[str, dict[str, str]]
) -> None:
    held = [(t.source, t.dest) for t in lifecycle.machine.get_transitions()]
    told = [(state, target) for state, out in moves.items() for target in out.values()]

    assert sorted(held) == sorted(told)
    assert set(lifecycle.machine.states) == set(moves)


@BOTH
def test_asking_agrees_with_the_librarys_own_triggers(
    lifecycle: Lifecycle[Any], moves: dict[str, dict[str, str]]
) -> None:
    class Model:
        state: str

    model = Model()
    machine = Machine(
        model,
        states=list(moves),
        initial=lifecycle.initial.value,
        transitions=lifecycle.rows(),
        auto_transitions=False,
    )
    for state in moves:
        for trigger in sorted({trigger for out in moves.values() for trigger in out}):
            machine.set_state(state)
            asked = lifecycle.states(state)
            try:
                machine.events[trigger].trigger(model)
            except MachineError:
                assert not lifecycle.allows(trigger, asked)
                with pytest.raises(IllegalTransitionError):
                    lifecycle.after(trigger, asked, "x")
            else:
                assert lifecycle.allows(trigger, asked)
                assert lifecycle.after(trigger, asked, "x") == model.state


def test_only_ready_is_no_state_of_a_stored_step() -> None:
    assert {state.value for state in StepStatus} - set(STEP_MOVES) == {"ready"}
    assert {state.value for state in PlanStatus} == set(PLAN_MOVES)


@BOTH
def test_every_state_can_be_reached(
    lifecycle: Lifecycle[Any], moves: dict[str, dict[str, str]]
) -> None:
    reached = {lifecycle.initial.value}
    while new := {target for state in reached for target in moves[state].values()} - reached:
        reached |= new

    assert reached == set(moves)


def test_ended_means_that_nothing_follows_in_this_life() -> None:
    assert {state for state, out in STEP_MOVES.items() if set(out) == {"reset"}} == ENDED
    assert {state for state, out in PLAN_MOVES.items() if set(out) == {"reopen"}} == PLAN_ENDED


def test_every_event_that_moves_something_is_asked_for_here() -> None:
    assert {event_type for event_type, _ in STEP_EVENTS.values()} == set(ALL_STEP_EVENTS)
    assert {event_type for event_type, _ in PLAN_EVENTS.values()} <= set(ALL_PLAN_EVENTS)
    assert set(STEP_EVENTS) == set(STEP_TRIGGERS)
    assert set(PLAN_EVENTS) == set(PLAN_TRIGGERS) - {"reopen"}


@pytest.mark.parametrize("trigger", STEP_TRIGGERS)
@pytest.mark.parametrize("state", STEP_WAYS)
def test_a_step_moves_by_the_table_or_not_at_all(state: StepStatus, trigger: str) -> None:
    step = led(Step.shell("p1.load"), STEP_EVENTS, STEP_WAYS[state])
    assert isinstance(step, Step)
    assert step.status is state

    moves_or_refuses(step, STEP_EVENTS, trigger, target=STEP_MOVES[state].get(trigger))


@pytest.mark.parametrize("trigger", sorted(PLAN_EVENTS))
@pytest.mark.parametrize("state", PLAN_WAYS)
def test_a_plan_moves_by_the_table_or_not_at_all(state: PlanStatus, trigger: str) -> None:
    plan = led(PlanStream.shell("p1"), PLAN_EVENTS, PLAN_WAYS[state])
    assert isinstance(plan, PlanStream)
    assert plan.status is state

    moves_or_refuses(plan, PLAN_EVENTS, trigger, target=PLAN_MOVES[state].get(trigger))


def moves_or_refuses(
    stream: Step | PlanStream, events: dict[str, Any], trigger: str, *, target: str | None
) -> None:
    before, status, version = dict(vars(stream)), stream.status, stream.version
    if target is not None:
        record(stream, events, trigger)
        assert stream.status == target
        assert stream.version == version + 1
        return

    with pytest.raises(IllegalTransitionError) as caught:
        record(stream, events, trigger)

    assert vars(stream) == before
    assert (caught.value.what, caught.value.state, caught.value.trigger) == (
        stream.id,
        status.value,
        trigger,
    )
    assert str(caught.value) == f"{stream.id}: cannot {trigger} while {status.value}"


@pytest.mark.parametrize("state", PLAN_WAYS)
def test_a_plan_is_reopened_only_from_an_end(state: PlanStatus) -> None:
    plan = led(PlanStream.shell("p1"), PLAN_EVENTS, PLAN_WAYS[state])
    assert isinstance(plan, PlanStream)
    target = PLAN_MOVES[state].get("reopen")
    if target is None:
        with pytest.raises(IllegalTransitionError):
            plan.move("reopen")
        assert plan.status is state
    else:
        plan.move("reopen")
        assert plan.status == target


def test_ten_thousand_pending_steps_have_no_event() -> None:
    shells = [Step.shell(f"p1.s{number}") for number in range(10_000)]

    assert {(shell.version, shell.status) for shell in shells} == {(0, StepStatus.PENDING)}
