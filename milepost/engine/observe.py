"""What an event in the record says of the world: the outcome that must have led to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from milepost.domain.events import (
    ErrorRecord,
    Event,
    LimitReached,
    OwnerChanged,
    PlanStarted,
    RequestAnswered,
    RequestMade,
    StepCompleted,
    StepFailed,
    StepRetrying,
)
from milepost.domain.ids import StepPath, path_of

from .core import (
    AttemptFailed,
    AttemptSucceeded,
    Began,
    Instance,
    Outcome,
    PlanState,
    PlanTimedOut,
    Recovered,
    Requested,
    TimerFired,
)
from .core.attempts import attempt_timeout, step_timeout
from .core.limits import MAX_DURATION


def observe(event: Event, state: PlanState, requests: Mapping[str, RequestMade]) -> Outcome | None:
    """Return the outcome that `event` is the first consequence of, None if there is none."""
    if event.cause in requests:
        refused = isinstance(event, RequestAnswered) and not event.accepted
        why = event.why if refused and isinstance(event, RequestAnswered) else None
        return Requested(requests[event.cause], why)
    known = _OUTCOMES.get(event.__class__)
    outcome = known(event, state) if known is not None else None
    if outcome is not None and not _is_timeout(event, state):
        return outcome
    due = state.timers.next_time()
    return TimerFired() if due is not None and due <= event.timestamp else outcome


def _is_timeout(event: Event, state: PlanState) -> bool:
    """Tell whether the event is the end of a time limit rather than the tool's own error."""
    if not isinstance(event, StepFailed | StepRetrying):
        return False
    instance = _at_work(event, state)
    if instance is None:
        return False
    own = _before_limit(event.error)
    return event.error == step_timeout(instance) or own == attempt_timeout(instance)


def _began(_event: PlanStarted, _state: PlanState) -> Outcome:
    return Began()


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
    OwnerChanged: _recovered,
    LimitReached: _timed_out,
    StepCompleted: _succeeded,
    StepFailed: _failed,
    StepRetrying: _retried,
}
"""The kinds of events that something from outside may lead to."""


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
