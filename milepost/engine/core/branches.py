"""Branches: which case is taken, and what becomes of the steps of the others."""

from __future__ import annotations

from typing import NamedTuple, cast

from milepost.domain.aggregates import Step
from milepost.domain.errors import ExpressionError
from milepost.domain.events import (
    DecisionRecorded,
    ErrorRecord,
    SkipReason,
    StepReset,
    StepSkipped,
)
from milepost.domain.steps import StepStatus
from milepost.domain.values import Json

from .attempts import attempt_failed, complete, expression_failure
from .resetting import reset_inside
from .scopes import scope_of
from .state import Frame, Instance, PlanState

CASE = "/case"
"""Where a branch's bindings keep the index of the case taken, None if no case holds."""
_OTHER = "another case was taken"


class Choice(NamedTuple):
    """Which case a branch takes, and why."""

    case: int | None
    """The index of the case, None if no case holds."""
    values: tuple[bool, ...]
    """What the conditions came to, up to the first that holds; none if they were not asked."""


def choose(state: PlanState, instance: Instance) -> Choice | ErrorRecord:
    """Find the first case of a branch whose condition holds, or why that cannot be told.

    A branch that is to begin anew with what it had chosen holds to that.
    """
    step = instance.step
    if step.status is StepStatus.PENDING and CASE in step.bindings:
        return Choice(cast("int | None", step.bindings[CASE]), ())
    values: list[bool] = []
    try:
        for group in instance.node.groups:
            when = group.when
            values.append(when is None or bool(when.evaluate(scope_of(state, when, instance))))
            if values[-1]:
                break
    except ExpressionError as error:
        return expression_failure(error)
    return Choice(len(values) - 1 if values[-1] else None, tuple(values))


def bindings_of(choice: Choice | ErrorRecord | None) -> dict[str, Json]:
    """Return what a branch's start keeps of its choice, if it made one."""
    return {CASE: choice.case} if isinstance(choice, Choice) else {}


def passes_over(step: Step, case: int) -> bool:
    """Tell whether a branch has chosen, and not this case."""
    return CASE in step.bindings and step.bindings[CASE] != case


def take(state: PlanState, instance: Instance, choice: Choice | ErrorRecord) -> None:
    """Go into the chosen case of a branch that started; the steps of others are skipped."""
    if not isinstance(choice, Choice):
        attempt_failed(state, instance, choice)
        return
    decision = _record(state, instance, choice)
    for index, group in enumerate(instance.node.groups):
        frame = state.open_frame(group, instance, index)
        if index == choice.case:
            state.settle_kept(frame)
        else:
            _pass_over(state, frame, decision)
    if choice.case is None:
        complete(state, instance, None)


def not_taken(frame: Frame) -> tuple[SkipReason, str]:
    """Return why the steps of a case that was passed over are skipped."""
    return SkipReason.BRANCH, f"case `{frame.group.source}` was not taken"


def _record(state: PlanState, instance: Instance, choice: Choice) -> str:
    groups, case = instance.node.groups, choice.case
    source = groups[case].source if case is not None else "none"
    shown: dict[str, Json] = {
        group.source: value for group, value in zip(groups, choice.values, strict=False)
    }
    why = f"`{source}` is the first case that holds" if case is not None else "no case holds"
    decision = state.record(
        DecisionRecorded,
        what="branch",
        chosen=source,
        why=why if choice.values else "the branch goes on as it had chosen",
        step=instance.path,
        inputs=shown,
        alternatives=tuple(group.source for at, group in enumerate(groups) if at != case),
    )
    return decision.id


def _pass_over(state: PlanState, frame: Frame, decision: str) -> None:
    frame.passed_over = True
    reason, detail = not_taken(frame)
    for child in frame.instances.values():
        if child.step.skipped is SkipReason.BRANCH:
            state.settled.append(child)
            continue
        if child.step.status is not StepStatus.PENDING:
            state.record_step(child, StepReset, cause=decision, reason=_OTHER)
        if child.node.groups and child.step.version:
            reset_inside(state, child.path, _OTHER, cause=decision)
        state.record_step(child, StepSkipped, cause=decision, reason=reason, detail=detail)
