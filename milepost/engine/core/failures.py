"""Failed steps at the top of a plan that can be replanned: whether something follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.ids import StepPath
from milepost.domain.replanning import RevisionTrigger

from .attempts import TIMEOUT, UNEXPECTED
from .state import latest_event

if TYPE_CHECKING:
    from milepost.domain.events import ErrorRecord

    from .state import Instance, PlanState

LOOP = "loop"
SPEND = "spend"
"""Codes of what goes round in circles, and of what spends without coming further."""
_TRIGGERS = {
    UNEXPECTED: RevisionTrigger.UNEXPECTED,
    LOOP: RevisionTrigger.UNEXPECTED,
    SPEND: RevisionTrigger.RESOURCES,
}


def origin_of(failed: Instance) -> tuple[StepPath, ErrorRecord | None]:
    """Return the step, and its error, that the failure comes from: itself, or one inside of it."""
    error, path = failed.step.error, failed.path
    while error is not None and error.step is not None:
        path, error = StepPath(error.step), error.cause
    return path, error


def trigger_of(error: ErrorRecord | None) -> RevisionTrigger:
    """Return what another plan would be made for."""
    timed_out = error is not None and TIMEOUT in (error.kind, error.code)
    trigger = RevisionTrigger.TIMEOUT if timed_out else RevisionTrigger.FAILURE
    return trigger if error is None else _TRIGGERS.get(error.code, trigger)


def calls_for_plan(state: PlanState, failed: Instance) -> bool:
    """Tell whether a failure calls for another plan: none was looked for in vain."""
    policy = state.compiled.settings.replan
    return (
        policy is not None
        and trigger_of(origin_of(failed)[1]) in policy.on
        and latest_event(failed.step) not in state.plan.given_up
    )


def has_consequences(state: PlanState, failed: Instance) -> bool:
    """Tell whether something follows from a failure, be it that the plan stops."""
    return state.compiled.settings.stop_on_first_failure or calls_for_plan(state, failed)
