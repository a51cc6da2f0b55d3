"""Row functions of step events: each changes a step's row and its plan's counters.

`step.status` is what the step was before the event. Functions in `KNOW_THEIR_PAST` never ask:
those events follow only a step that had started.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from milepost.domain.events import (
    Event,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
)
from milepost.domain.steps import ENDED, StepStatus

from .rows import PlanChange, StepChange

StepRowFunction: TypeAlias = Callable[[StepChange, PlanChange, int, Any], None]


def started(step: StepChange, plan: PlanChange, position: int, event: StepStarted) -> None:
    """Note an attempt, and the activation's first start."""
    if step.status is StepStatus.PENDING:
        plan.active += 1
    step.status = StepStatus.RUNNING
    step.attempt = event.attempt
    if step.started is None:
        step.started = position


def completed(step: StepChange, plan: PlanChange, position: int, _event: Event) -> None:
    """Count the step as completed."""
    plan.active -= 1
    plan.completed += 1
    step.status = StepStatus.COMPLETED
    step.ended = position


def adopted(step: StepChange, plan: PlanChange, position: int, _event: Event) -> None:
    """Count the step as completed, though it was not run."""
    plan.completed += 1
    step.status = StepStatus.COMPLETED
    step.started = step.ended = position


def failed(step: StepChange, plan: PlanChange, position: int, _event: Event) -> None:
    """Count the step as failed, whether or not it had started."""
    _end(step, plan, position, StepStatus.FAILED)
    plan.failed += 1


def skipped(step: StepChange, plan: PlanChange, position: int, _event: Event) -> None:
    """Count the step as skipped."""
    _end(step, plan, position, StepStatus.SKIPPED)
    plan.skipped += 1


def cancelled(step: StepChange, plan: PlanChange, position: int, _event: Event) -> None:
    """Count the step as cancelled."""
    _end(step, plan, position, StepStatus.CANCELLED)
    plan.cancelled += 1


def retrying(step: StepChange, _plan: PlanChange, _position: int, _event: Event) -> None:
    """Note that the step waits for its next attempt."""
    step.status = StepStatus.RETRYING


def suspended(step: StepChange, _plan: PlanChange, _position: int, _event: Event) -> None:
    """Note that the step waits."""
    step.status = StepStatus.SUSPENDED


def reset(step: StepChange, plan: PlanChange, _position: int, _event: Event) -> None:
    """Take the step out of the counters and begin a new activation."""
    if step.status in ENDED:
        counter = step.status.value
        setattr(plan, counter, getattr(plan, counter) - 1)
    elif step.status is not StepStatus.PENDING:
        plan.active -= 1
    step.status = StepStatus.PENDING
    step.attempt = 0
    step.resets += 1
    step.started = step.ended = None


def _end(step: StepChange, plan: PlanChange, position: int, status: StepStatus) -> None:
    if step.status is not StepStatus.PENDING:
        plan.active -= 1
    step.status = status
    step.ended = position


STEP_ROWS: dict[str, StepRowFunction] = {
    StepStarted.kind: started,
    StepCompleted.kind: completed,
    StepFailed.kind: failed,
    StepRetrying.kind: retrying,
    StepSuspended.kind: suspended,
    StepSkipped.kind: skipped,
    StepCancelled.kind: cancelled,
    StepReset.kind: reset,
    StepAdopted.kind: adopted,
}
KNOW_THEIR_PAST = frozenset({StepCompleted.kind, StepRetrying.kind, StepSuspended.kind})
