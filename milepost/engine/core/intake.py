"""What came from outside, taken into a plan's state: the first half of deciding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from milepost.domain.events import (
    ErrorRecord,
    OwnerChanged,
    PlanStarted,
    Question,
    StepSuspended,
    Waiting,
)
from milepost.domain.ids import StepPath
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import OnUnknown, StepStatus

from . import limits, replanning, requests
from .attempts import INTERRUPTED, attempt_failed, complete, fail
from .cycles import record_removed_edge
from .forking import fork
from .outcomes import (
    AttemptFailed,
    AttemptSucceeded,
    Began,
    Forked,
    Outcome,
    Planned,
    PlanningFailed,
    PlanTimedOut,
    Recovered,
    Requested,
)
from .state import Instance, PlanState, latest_event

DECIDER = 1
"""Version of the rules of deciding; a plan remembers the one that it was started with."""


def take_in(state: PlanState, outcome: Outcome) -> None:
    """Record what an outcome says, and what it means for the step that it is about.

    A timer says nothing: advancing looks at the time by itself.
    """
    take = _TAKES.get(outcome.__class__)
    if take is not None:
        take(state, outcome)


def _begin(state: PlanState, outcome: Began | Forked) -> None:
    if state.plan.status is not PlanStatus.READY:
        return
    if isinstance(outcome, Forked):
        fork(state, outcome, DECIDER)
        return
    for edge in outcome.removed:
        record_removed_edge(state, edge)
    state.record(PlanStarted, decider=DECIDER, strategy=state.compiled.strategy.value)
    state.open_frame(state.compiled.root)


def _succeeded(state: PlanState, outcome: AttemptSucceeded) -> None:
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


def _failed(state: PlanState, outcome: AttemptFailed) -> None:
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


def _recover(state: PlanState, outcome: Recovered) -> None:
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


def _look_at_limit(state: PlanState, _outcome: PlanTimedOut) -> None:
    limits.in_time(state)


_TAKES: Mapping[type[Outcome], Callable[[PlanState, Any], None]] = {
    AttemptSucceeded: _succeeded,
    AttemptFailed: _failed,
    Began: _begin,
    Forked: _begin,
    PlanTimedOut: _look_at_limit,
    Requested: requests.answer,
    Planned: replanning.take_answer,
    PlanningFailed: replanning.take_answer,
    Recovered: _recover,
}
