"""`decide`: from a plan's state and one outcome to the events that follow, and nothing else.

The same state and outcome give the same events on every machine, which is what replay checks.
Each outcome is first recorded, then the plan is advanced until nothing more can happen by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from milepost.domain.commands import is_noted
from milepost.domain.events import (
    ENGINE,
    Event,
    PlanResumed,
)
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepKind, StepStatus

from . import (
    breakpoints,
    checkpoints,
    compensation,
    containers,
    limits,
    loop_detector,
    loops,
    replanning,
    suspensions,
)
from .attempts import (
    adopt,
    attempt_failed,
    attempt_timeout,
    complete,
    fail,
    resolve_input,
    start,
    step_timeout,
)
from .completion import cancel_below, complete_by, conclude, stop_on_failure
from .failures import has_consequences
from .intake import take_in
from .outcomes import (
    Outcome,
    Requested,
)
from .skips import is_skipped
from .state import Instance, PlanState, Undoing, latest_event
from .timers import Alarm, Due


def decide(state: PlanState, outcome: Outcome, now: datetime) -> list[Event]:
    """Record an outcome and all that follows from it; return the new events in order.

    Outcomes that come too late (of a step that has ended, of an older attempt) give no events.
    From what is only noted nothing follows.
    """
    state.now = now
    take_in(state, outcome)
    state.actor = ENGINE
    if not (isinstance(outcome, Requested) and is_noted(outcome.request.command)):
        _advance(state)
    checkpoints.take_due(state)
    return state.take()


def _advance(state: PlanState) -> None:
    """Let everything happen that follows by itself, in a fixed order."""
    plan = state.plan
    if plan.started_at is not None and not plan.ended:
        _catch_up(state)
    while state.ending is not None or not plan.ended:
        if state.ending is not None:
            compensation.end_or_undo(state, state.ending)
        elif state.settled:
            _settle(state, state.settled.popleft())
        elif state.recheck and plan.status is PlanStatus.RUNNING:
            _recheck(state)
        elif plan.status is not PlanStatus.RUNNING or not _go_on(state):
            break
    conclude(state)
    if state.ending is not None:
        _advance(state)


def _go_on(state: PlanState) -> bool:
    """Let a running plan do the next thing; tell whether there was one."""
    if state.plan.compensation is not None:
        return compensation.undo_next(state)
    if state.plan.replanning is not None:
        return False
    if state.failures:
        replanning.face(state, next(iter(state.failures.values())))
        return True
    if state.loop_watch is not None and loop_detector.finds(state):
        return True
    if state.unblocked:
        _consider(state, state.unblocked.popleft())
        return True
    return _start_next(state)


def _catch_up(state: PlanState) -> None:
    """Let ends have their effect, then act on every time that has come.

    What had ended before a plan was paused, or taken back to, has its effect once it is resumed.
    """
    _recheck(state)
    _settle_all(state)
    while (due := state.timers.pop_due(state.now)) is not None:
        _ring(state, due)
        _settle_all(state)
    if state.plan.status is PlanStatus.PAUSED and state.ending is None:
        _resume_unasked(state)


def _resume_unasked(state: PlanState) -> None:
    """Go on when a question that the plan paused for ended by itself: it ran out of time."""
    if any(path not in state.asking for path in state.plan.waiting):
        state.record(PlanResumed, reason="a question was not answered in time")


def _recheck(state: PlanState) -> None:
    """Catch up with ends that a crash kept from having their effect, innermost first."""
    if not state.recheck or state.plan.status is not PlanStatus.RUNNING:
        return
    state.recheck = False
    if state.over:
        return
    for instance in reversed(list(state.active.values())):
        if instance.node.groups and instance.step.status is StepStatus.RUNNING:
            containers.go_on(state, instance)
    for instance in list(state.instances.values()):
        if instance.frame.owner is None or instance.node.ends_plan:
            _settle_top(state, instance)


def _ring(state: PlanState, due: Due) -> None:
    """Act on a time that has come."""
    instance, step = due.instance, due.instance.step
    if due.alarm is Alarm.STEP_LIMIT:
        if instance.node.groups:
            cancel_below(state, instance, f"{instance.path!r} ran out of time")
        fail(state, instance, step_timeout(instance), cause=latest_event(step))
    elif due.alarm is Alarm.ATTEMPT_LIMIT:
        attempt_failed(state, instance, attempt_timeout(instance))
    elif step.status is StepStatus.SUSPENDED:
        complete(state, instance, None, cause=latest_event(step))
    elif isinstance(instance, Undoing):
        """Undoing looks at the time by itself."""
    elif instance.node.works:
        state.ready.push(instance)
    else:
        state.unblocked.append(instance)


def _settle_all(state: PlanState) -> None:
    while state.settled:
        _settle(state, state.settled.popleft())


def _settle(state: PlanState, instance: Instance) -> None:
    """Tell a step's dependents and its container that it has ended."""
    if isinstance(instance, Undoing):
        return
    ended = latest_event(instance.step)
    for dependent in instance.dependents:
        dependent.waiting -= 1
        dependent.cause = ended
        if not dependent.waiting and dependent.step.status is StepStatus.PENDING:
            state.unblocked.append(dependent)
    frame, owner = instance.frame, instance.frame.owner
    frame.open -= 1
    if owner is not None and not frame.open:
        owner.open_frames -= 1
    state.all_ended = owner is None and not frame.open
    if owner is None or instance.node.ends_plan:
        _settle_top(state, instance)
    if owner is not None and not state.over:
        containers.child_ended(state, owner, frame, instance)


def _settle_top(state: PlanState, instance: Instance) -> None:
    """End the plan if a step's end does that."""
    status = instance.step.status
    if state.over:
        return
    if status is StepStatus.COMPLETED and instance.node.ends_plan:
        complete_by(state, instance, "flag" if instance.node.spec.final else "response")
    elif status is StepStatus.FAILED and instance.frame.owner is None:
        if state.compiled.settings.replan is not None:
            if has_consequences(state, instance):
                state.failures[instance.path] = instance
        elif state.compiled.settings.stop_on_first_failure:
            stop_on_failure(state, instance)


def _consider(state: PlanState, instance: Instance) -> None:
    """Decide whether a step that waits for nothing more is skipped, queued or begun."""
    if not instance.may_move or not loops.has_turn(state, instance):
        return
    if instance.step.status is StepStatus.PENDING and is_skipped(state, instance):
        return
    if instance.node.works:
        state.ready.push(instance)
    elif breakpoints.holds(state, instance):
        state.unblocked.appendleft(instance)
    elif limits.start_allowed(state):
        _BEGIN[instance.node.kind](state, instance)
    else:
        state.unblocked.appendleft(instance)


def _start_next(state: PlanState) -> bool:
    """Start the next ready step if a slot is free; tell whether something happened."""
    instance = state.ready.pop(state.busy, state.held)
    if instance is None:
        return False
    if not loops.has_turn(state, instance):
        return True
    if instance.node.asks_context and _no_longer_runs(state, instance):
        return True
    if breakpoints.holds(state, instance) or not limits.start_allowed(state):
        state.ready.push(instance)
        return False
    bindings = resolve_input(state, instance)
    if bindings is None or adopt(state, instance, bindings):
        return True
    if loop_detector.holds(state, instance, bindings):
        state.ready.push(instance)
    else:
        start(state, instance, bindings)
    return True


def _no_longer_runs(state: PlanState, instance: Instance) -> bool:
    """Skip a step if what it asks of the context does not hold any more, after it waited."""
    return instance.step.status is StepStatus.PENDING and is_skipped(state, instance)


def _respond(state: PlanState, instance: Instance) -> None:
    bindings = resolve_input(state, instance)
    if bindings is not None:
        start(state, instance, bindings)
        complete(state, instance, suspensions.response_of(instance.input))


_BEGIN: dict[StepKind, Callable[[PlanState, Instance], None]] = {
    StepKind.BRANCH: containers.begin,
    StepKind.PARALLEL: containers.begin,
    StepKind.SEQUENTIAL: containers.begin,
    StepKind.LOOP: containers.begin,
    StepKind.RESPONSE: _respond,
    StepKind.WAIT: suspensions.wait,
    StepKind.USER_INPUT: suspensions.ask,
}
