"""`decide`: from a plan's state and one outcome to the events that follow, and nothing else.

The same state and outcome give the same events on every machine, which is what replay checks.
Each outcome is first recorded, then the plan is advanced until nothing more can happen by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import singledispatch

from milepost.domain.errors import ExpressionError
from milepost.domain.events import (
    ENGINE,
    ErrorRecord,
    Event,
    OwnerChanged,
    PlanResumed,
    PlanStarted,
    Question,
    SkipReason,
    StepSuspended,
    Waiting,
)
from milepost.domain.ids import StepPath
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import DependencyType, OnUnknown, Settle, StepKind, StepStatus

from . import containers, limits, requests, suspensions
from .attempts import (
    INTERRUPTED,
    attempt_failed,
    attempt_timeout,
    complete,
    expression_failure,
    fail,
    resolve_input,
    skip,
    start,
    step_timeout,
)
from .completion import cancel_below, complete_by, conclude, stop_on_failure
from .outcomes import (
    AttemptFailed,
    AttemptSucceeded,
    Began,
    Outcome,
    PlanTimedOut,
    Recovered,
    Requested,
    TimerFired,
)
from .scopes import scope_of
from .state import Instance, PlanState, latest_event
from .timers import Alarm, Due

DECIDER = 1
"""Version of the rules here; a plan remembers the one that it was started with."""


def decide(state: PlanState, outcome: Outcome, now: datetime) -> list[Event]:
    """Record an outcome and all that follows from it; return the new events in order.

    Outcomes that come too late (of a step that has ended, of an older attempt) give no events.
    """
    state.now = now
    _handle(outcome, state)
    state.actor = ENGINE
    _advance(state)
    return state.take()


@singledispatch
def _handle(outcome: Outcome, state: PlanState) -> None:
    raise TypeError(f"no outcome: {outcome!r} for {state.id}")


@_handle.register
def _(_outcome: Began, state: PlanState) -> None:
    if state.plan.status is not PlanStatus.READY:
        return
    state.record(PlanStarted, decider=DECIDER, strategy=state.compiled.strategy.value)
    state.open_frame(state.compiled.root)


@_handle.register
def _(outcome: AttemptSucceeded, state: PlanState) -> None:
    instance = _current(state, outcome)
    if instance is not None:
        complete(
            state,
            instance,
            outcome.output,
            cause=latest_event(instance.step),
            duration=outcome.duration,
            usage=outcome.usage,
        )


@_handle.register
def _(outcome: AttemptFailed, state: PlanState) -> None:
    instance = _current(state, outcome)
    if instance is not None:
        attempt_failed(
            state,
            instance,
            outcome.error,
            randomness=outcome.randomness,
            recorded=outcome.delay,
            duration=outcome.duration,
            usage=outcome.usage,
        )


@_handle.register
def _(_outcome: TimerFired, _state: PlanState) -> None:
    """Advancing looks at the time by itself."""


@_handle.register
def _(_outcome: PlanTimedOut, state: PlanState) -> None:
    limits.in_time(state)


@_handle.register
def _(outcome: Requested, state: PlanState) -> None:
    requests.answer(state, outcome.request, outcome.problem)


@_handle.register
def _(outcome: Recovered, state: PlanState) -> None:
    state.record(
        OwnerChanged,
        owner=outcome.owner,
        fence=outcome.fence,
        reason=outcome.reason,
        interrupted=dict(outcome.interrupted),
    )
    for path, writes in outcome.interrupted.items():
        instance = state.active.get(StepPath(path))
        if instance is not None and instance.step.status is StepStatus.RUNNING:
            _interrupted(state, instance, writes=writes)


def _current(state: PlanState, outcome: AttemptSucceeded | AttemptFailed) -> Instance | None:
    """Return the running step that an outcome is about, None if it came too late."""
    instance = state.active.get(outcome.path)
    if instance is None or state.plan.ended:
        return None
    step = instance.step
    this_one = outcome.attempt == step.attempt and outcome.activation in (None, step.activation)
    return instance if step.status is StepStatus.RUNNING and this_one else None


def _interrupted(state: PlanState, instance: Instance, *, writes: bool) -> None:
    """Decide about an attempt that a crash cut off: again, ask, or fail."""
    policy = instance.node.spec.on_unknown
    attempt = instance.step.attempt
    if not writes or policy is OnUnknown.RETRY:
        message = f"attempt {attempt} was cut off before its result was stored"
        error = ErrorRecord(kind=INTERRUPTED, code=INTERRUPTED, message=message)
        attempt_failed(state, instance, error)
    elif policy is OnUnknown.FAIL:
        message = f"attempt {attempt} was cut off: whether it took effect is unknown"
        error = ErrorRecord(code="unknown_outcome", message=message, retryable=False)
        fail(state, instance, error, cause=latest_event(instance.step))
    else:
        prompt = (
            f"Attempt {attempt} of {instance.path} was cut off. Did it take effect? "
            "Answer with its result, or have it retried or failed."
        )
        state.record_step(
            instance, StepSuspended, waiting=Waiting.UNKNOWN, question=Question(prompt=prompt)
        )


def _advance(state: PlanState) -> None:
    """Let everything happen that follows by itself, in a fixed order."""
    if not state.plan.ended and state.plan.started_at is not None:
        if state.recheck:
            _recheck(state)
        _settle_all(state)
        for due in state.timers.pop_due(state.now):
            _ring(state, due)
            _settle_all(state)
        _resume_unasked(state)
    while not state.plan.ended:
        running = state.plan.status is PlanStatus.RUNNING
        if state.settled:
            _settle(state, state.settled.popleft())
        elif running and state.unblocked:
            _consider(state, state.unblocked.popleft())
        elif not running or not _start_next(state):
            break
    conclude(state)


def _resume_unasked(state: PlanState) -> None:
    """Go on when a question that the plan paused for ended by itself: it ran out of time."""
    plan = state.plan
    if plan.status is PlanStatus.PAUSED and any(path not in state.asking for path in plan.waiting):
        state.record(PlanResumed, reason="a question was not answered in time")


def _recheck(state: PlanState) -> None:
    """Catch up with ends that a crash kept from having their effect, innermost first."""
    state.recheck = False
    for instance in reversed(list(state.active.values())):
        if instance.node.groups and instance.step.status is StepStatus.RUNNING:
            containers.go_on(state, instance)
    for instance in list(state.root.instances.values()) if state.root else ():
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
    elif instance.node.works:
        state.ready.push(instance)
    else:
        state.unblocked.append(instance)


def _settle_all(state: PlanState) -> None:
    while state.settled:
        _settle(state, state.settled.popleft())


def _settle(state: PlanState, instance: Instance) -> None:
    """Tell a step's dependents and its container that it has ended."""
    ended = latest_event(instance.step)
    for dependent in instance.dependents:
        dependent.waiting -= 1
        dependent.cause = ended
        if not dependent.waiting:
            state.unblocked.append(dependent)
    frame, owner = instance.frame, instance.frame.owner
    frame.open -= 1
    if owner is not None and not frame.open:
        owner.open_frames -= 1
    if owner is None or instance.node.ends_plan:
        _settle_top(state, instance)
    if owner is not None and not state.plan.ended:
        containers.child_ended(state, owner, frame, instance)


def _settle_top(state: PlanState, instance: Instance) -> None:
    """End the plan if a step's end does that."""
    status = instance.step.status
    if state.plan.ended:
        return
    if status is StepStatus.COMPLETED and instance.node.ends_plan:
        complete_by(state, instance, "flag" if instance.node.spec.final else "response")
    elif (
        status is StepStatus.FAILED
        and instance.frame.owner is None
        and (state.compiled.settings.stop_on_first_failure)
    ):
        stop_on_failure(state, instance)


def _consider(state: PlanState, instance: Instance) -> None:
    """Decide whether a step that waits for nothing more is skipped, queued or begun."""
    if not _is_wanted(state, instance):
        return
    if instance.step.status is StepStatus.PENDING and _is_skipped(state, instance):
        return
    if instance.node.works:
        state.ready.push(instance)
    elif limits.start_allowed(state):
        _BEGIN[instance.node.kind](state, instance)
    else:
        state.unblocked.appendleft(instance)


def _is_wanted(state: PlanState, instance: Instance) -> bool:
    """Tell whether a step may go on: its container runs, and has not begun anew without it."""
    return instance.may_move and state.instances[instance.path] is instance


def _is_skipped(state: PlanState, instance: Instance) -> bool:
    """Skip the step if a dependency or a condition says so; tell whether it ended here."""
    try:
        reason = _blocker(state, instance)
        if reason is None:
            reason = _unmet_condition(state, instance)
    except ExpressionError as error:
        fail(state, instance, expression_failure(error), cause=instance.cause)
        return True
    if reason is None:
        return False
    skip(state, instance, *reason)
    return True


def _blocker(state: PlanState, instance: Instance) -> tuple[SkipReason, str] | None:
    for edge in instance.node.edges:
        if edge.kind is DependencyType.PARALLEL:
            continue
        source = state.source(instance, edge.source)
        if not _lets_pass(source, edge.settle):
            return SkipReason.BLOCKED, f"step {source.path!r} was {source.step.status.value}"
    return None


def _lets_pass(source: Instance, settle: Settle) -> bool:
    step = source.step
    if step.status is StepStatus.COMPLETED or settle is Settle.ANY:
        return True
    return (
        settle is Settle.DONE_OR_SKIPPED
        and step.status is StepStatus.SKIPPED
        and step.skipped is not SkipReason.BLOCKED
    )


def _unmet_condition(state: PlanState, instance: Instance) -> tuple[SkipReason, str] | None:
    conditions = [edge.when for edge in instance.node.edges if edge.when is not None]
    if instance.node.when is not None:
        conditions.append(instance.node.when)
    for condition in conditions:
        if not condition.evaluate(scope_of(state, condition, instance)):
            return SkipReason.CONDITION, f"`{condition.source}` does not hold"
    return None


def _start_next(state: PlanState) -> bool:
    """Start the next ready step if a slot is free; tell whether something happened."""
    instance = state.ready.pop(state.busy, state.held)
    if instance is None:
        return False
    if not _is_wanted(state, instance):
        return True
    if not limits.start_allowed(state):
        state.ready.push(instance)
        return False
    bindings = resolve_input(state, instance)
    if bindings is not None:
        start(state, instance, bindings)
    return True


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
