"""What an event in the record says of the world: the outcome that must have led to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from milepost.domain.events import (
    DecisionRecorded,
    ErrorRecord,
    Event,
    LimitReached,
    OwnerChanged,
    PlanForked,
    PlanStarted,
    RequestAnswered,
    RequestMade,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
)
from milepost.domain.ids import StepPath, path_of
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus

from .core import (
    AttemptFailed,
    AttemptSucceeded,
    Began,
    Forked,
    Inherited,
    Instance,
    Outcome,
    PlanState,
    PlanTimedOut,
    Recovered,
    Requested,
    TimerFired,
)
from .core.attempts import attempt_timeout, step_timeout
from .core.cycles import removed_edge
from .core.limits import MAX_DURATION
from .observe_planning import answer_in


def observe(event: Event, state: PlanState, requests: Mapping[str, RequestMade]) -> Outcome | None:
    """Return the outcome that `event` is the first consequence of, None if there is none."""
    if event.cause in requests:
        refused = isinstance(event, RequestAnswered) and not event.accepted
        why = event.why if refused and isinstance(event, RequestAnswered) else None
        return Requested(requests[event.cause], why)
    known = _OUTCOMES.get(event.__class__)
    outcome = known(event, state) if known is not None else None
    if outcome is not None and not (isinstance(event, _FAILURES) and _is_timeout(event, state)):
        return outcome
    due = state.timers.next_time()
    return TimerFired() if due is not None and due <= event.timestamp else outcome


def _is_timeout(event: StepFailed | StepRetrying, state: PlanState) -> bool:
    """Tell whether a failure is the end of a time limit rather than the tool's own error."""
    instance = _at_work(event, state)
    if instance is None:
        return False
    own = _before_limit(event.error)
    return event.error == step_timeout(instance) or own == attempt_timeout(instance)


def _began(_event: PlanStarted, _state: PlanState) -> Outcome:
    return Began()


def _forked(event: PlanForked, _state: PlanState) -> Outcome:
    replaced = tuple(StepPath(path) for path in event.replaced)
    return Forked(event.parent, event.at, (), event.context, replaced, hold=event.hold)


def _decided(event: DecisionRecorded, state: PlanState) -> Outcome | None:
    """Tell that a plan is to run without some edges, before its start, or what a planner said."""
    if state.plan.replanning is not None:
        return answer_in(event)
    before_start = state.plan.status is PlanStatus.READY
    return Began() if before_start and removed_edge(event) is not None else None


def inherited_by(event: Event) -> Inherited | None:
    """Return what a fork took over for a step, as the step's first event tells it."""
    path = path_of(event.originator_id)
    found: Inherited | None = None
    if path is None:
        return None
    match event:
        case StepReset():
            found = Inherited(path, StepStatus.RUNNING, bindings=event.bindings)
        case StepAdopted():
            done = StepStatus.COMPLETED
            found = Inherited(path, done, event.output, event.bindings, event.source)
        case StepFailed():
            found = Inherited(path, StepStatus.FAILED, error=event.error)
        case StepSkipped():
            status = StepStatus.SKIPPED
            found = Inherited(path, status, skipped=event.reason, detail=event.detail)
        case StepCancelled():
            found = Inherited(path, StepStatus.CANCELLED, detail=event.reason)
    return found


def _recovered(event: OwnerChanged, _state: PlanState) -> Outcome:
    interrupted = {StepPath(path): writes for path, writes in event.interrupted.items()}
    return Recovered(event.owner, event.fence, event.reason, interrupted)


def _timed_out(event: LimitReached, _state: PlanState) -> Outcome | None:
    return PlanTimedOut() if event.limit == MAX_DURATION else None


def _succeeded(event: StepCompleted, state: PlanState) -> Outcome | None:
    instance = _at_work(event, state)
    if instance is None:
        return None
    return AttemptSucceeded(
        instance.path, instance.step.attempt, event.output, event.duration, event.usage
    )


def _failed(event: StepFailed, state: PlanState) -> Outcome | None:
    instance = _at_work(event, state)
    return _failure(instance, event, _before_limit(event.error)) if instance else None


def _retried(event: StepRetrying, state: PlanState) -> Outcome | None:
    instance = _at_work(event, state)
    return _failure(instance, event, event.error) if instance else None


_OUTCOMES: Mapping[type[Event], Callable[[Any, PlanState], Outcome | None]] = {
    PlanStarted: _began,
    PlanForked: _forked,
    DecisionRecorded: _decided,
    OwnerChanged: _recovered,
    LimitReached: _timed_out,
    StepCompleted: _succeeded,
    StepFailed: _failed,
    StepRetrying: _retried,
}
"""The kinds of events that something from outside may lead to."""
_FAILURES = (StepFailed, StepRetrying)


def _failure(
    instance: Instance, event: StepFailed | StepRetrying, error: ErrorRecord
) -> AttemptFailed:
    return AttemptFailed(
        path=instance.path,
        attempt=instance.step.attempt,
        error=error,
        delay=event.delay if isinstance(event, StepRetrying) else None,
        duration=event.duration,
        usage=event.usage,
    )


def _before_limit(error: ErrorRecord) -> ErrorRecord:
    """Return the attempt's own error where a time limit forbade the retry."""
    return error.cause if error.kind == "timeout" and error.cause is not None else error


def _at_work(event: Event, state: PlanState) -> Instance | None:
    path = path_of(event.originator_id)
    instance = state.active.get(path) if path is not None else None
    if instance is None or not instance.node.works or not instance.is_running:
        return None
    return instance
