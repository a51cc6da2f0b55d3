"""The numbers that stand for kinds and states in projected rows; a number is never given anew."""

from __future__ import annotations

from collections.abc import Iterable

from milepost.domain.errors import ValidationError
from milepost.domain.events import EVENT_TYPES, Impact
from milepost.domain.nearest import suggestion
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus

KIND_CODES: dict[str, int] = {
    "plan.drafted": 1,
    "plan.started": 2,
    "plan.paused": 3,
    "plan.resumed": 4,
    "plan.completed": 5,
    "plan.failed": 6,
    "plan.cancelled": 7,
    "plan.decision_recorded": 8,
    "plan.limit_reached": 9,
    "plan.context_changed": 10,
    "plan.owner_changed": 11,
    "plan.request_answered": 12,
    "plan.revised": 13,
    "plan.rolled_back": 14,
    "plan.restored": 15,
    "plan.recovered": 16,
    "plan.forked": 17,
    "plan.checkpoint_taken": 18,
    "plan.checkpoint_forgotten": 19,
    "plan.breakpoint_changed": 20,
    "plan.replan_begun": 21,
    "plan.replan_failed": 22,
    "plan.loop_detected": 23,
    "plan.compensation_begun": 24,
    "plan.compensation_ended": 25,
    "step.started": 32,
    "step.completed": 33,
    "step.failed": 34,
    "step.retrying": 35,
    "step.suspended": 36,
    "step.skipped": 37,
    "step.cancelled": 38,
    "step.reset": 39,
    "step.adopted": 40,
    "request.made": 64,
    "workflow.published": 80,
    "workflow.retired": 81,
}
"""A kind without its version, so that filters find every version of it."""

PLAN_CODES: dict[PlanStatus, int] = {
    PlanStatus.READY: 1,
    PlanStatus.RUNNING: 2,
    PlanStatus.PAUSED: 3,
    PlanStatus.COMPLETED: 4,
    PlanStatus.FAILED: 5,
    PlanStatus.CANCELLED: 6,
}
STEP_CODES: dict[StepStatus, int] = {
    StepStatus.PENDING: 1,
    StepStatus.RUNNING: 2,
    StepStatus.RETRYING: 3,
    StepStatus.SUSPENDED: 4,
    StepStatus.COMPLETED: 5,
    StepStatus.FAILED: 6,
    StepStatus.SKIPPED: 7,
    StepStatus.CANCELLED: 8,
}
"""`ready` is derived and never stored."""
PLAN_STATUSES: dict[int, PlanStatus] = {code: status for status, code in PLAN_CODES.items()}
STEP_STATUSES: dict[int, StepStatus] = {code: status for status, code in STEP_CODES.items()}


def unversioned(kind: str) -> str:
    """Return a kind without its version: `step.completed` for `step.completed.v1`."""
    name, dot, version = kind.rpartition(".")
    return name if dot and version[:1] == "v" and version[1:].isdigit() else kind


def codes_of(words: Iterable[str]) -> frozenset[int]:
    """Return the codes of the kinds that `words` name.

    A word is a kind with or without its version, or the first part of some (`step`). Raises
    `ValidationError` for a word that names none.
    """
    found: set[int] = set()
    for word in words:
        name = unversioned(word)
        codes = {
            code for kind, code in KIND_CODES.items() if kind == name or kind.startswith(f"{name}.")
        }
        if not codes:
            mend = suggestion(word, KIND_CODES, kind="kinds of events")
            raise ValidationError(f"{word!r} is no kind of event", mend=mend)
        found |= codes
    return frozenset(found)


def codes_from(impact: Impact) -> frozenset[int]:
    """Return the codes of the kinds that reach at least as far as `impact`."""
    levels = list(Impact)
    return frozenset(
        KIND_CODES[unversioned(kind)]
        for kind, event_type in EVENT_TYPES.items()
        if levels.index(event_type.impact) >= levels.index(impact)
    )
