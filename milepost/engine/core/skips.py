"""Whether a step is skipped: in a case not taken, by a dependency, or by a condition."""

from __future__ import annotations

from milepost.domain.errors import ExpressionError
from milepost.domain.events import SkipReason
from milepost.domain.steps import Settle, StepStatus

from .attempts import expression_failure, fail, skip
from .branches import not_taken
from .scopes import scope_of
from .state import Instance, PlanState


def is_skipped(state: PlanState, instance: Instance) -> bool:
    """Skip the step if its place or a condition says so; tell whether it ended here."""
    try:
        reason = _hindrance(state, instance)
    except ExpressionError as error:
        fail(state, instance, expression_failure(error), cause=instance.cause)
        return True
    if reason is None:
        return False
    skip(state, instance, *reason)
    return True


def _hindrance(state: PlanState, instance: Instance) -> tuple[SkipReason, str] | None:
    if instance.frame.passed_over:
        return not_taken(instance.frame)
    return _blocker(state, instance) or _unmet_condition(state, instance)


def _blocker(state: PlanState, instance: Instance) -> tuple[SkipReason, str] | None:
    for edge in instance.node.waits:
        source = state.source(instance, edge.source)
        if source.step.status is not StepStatus.COMPLETED and not _lets_pass(source, edge.settle):
            return SkipReason.BLOCKED, f"step {source.path!r} was {source.step.status.value}"
    return None


def _lets_pass(source: Instance, settle: Settle) -> bool:
    """Tell whether a step that has no result lets those pass that wait for it."""
    step = source.step
    return settle is Settle.ANY or (
        settle is Settle.DONE_OR_SKIPPED
        and step.status is StepStatus.SKIPPED
        and step.skipped is not SkipReason.BLOCKED
    )


def _unmet_condition(state: PlanState, instance: Instance) -> tuple[SkipReason, str] | None:
    for condition in instance.node.conditions:
        if not condition.evaluate(scope_of(state, condition, instance)):
            return SkipReason.CONDITION, f"`{condition.source}` does not hold"
    return None
