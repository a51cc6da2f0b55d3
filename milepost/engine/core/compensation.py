"""Undoing finished steps, the last one first, before a plan ends or goes back (a saga).

Garcia-Molina and Salem, "Sagas", SIGMOD 1987. What undoes a step is a step of its own, with a
stream `<plan>.<path>~undo`: it starts durably, is tried again by its policy, and survives a kill.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from milepost.domain.events import CompensationBegun, CompensationEnded, StepReset
from milepost.domain.ids import undo_path
from milepost.domain.steps import StepStatus

from .attempts import resolve_input, start
from .completion import ENDINGS, Ending, cancel_active
from .derive import derive
from .survey import is_undone

if TYPE_CHECKING:
    from milepost.domain.ids import StepPath

    from .state import PlanState


def undoable(state: PlanState, among: Collection[str] | None = None) -> tuple[StepPath, ...]:
    """Return the finished steps that can be undone and are not, the last completed first.

    `state` must know all of its steps, as a `Survey` does.
    """
    return tuple(
        path
        for path in reversed(state.finished)
        if (among is None or path in among)
        and path in state.instances
        and state.instances[path].node.undo is not None
        and not is_undone(state, path)
    )


def cannot_undo(state: PlanState, named: Collection[str]) -> str | None:
    """Say why the named steps, or any if none is named, cannot be undone; None if they can.

    The bookkeeping is left unfit for deciding before `derive`.
    """
    derive(state, whole=True)
    known = undoable(state)
    for path in named:
        if path not in known:
            there_are = ", ".join(known) or "none"
            return f"step {path!r} cannot be undone; steps that can: {there_are}"
    return None if known else "none of its finished steps can be undone, or all of them are"


def still_undoing(state: PlanState) -> str:
    """Say that nothing else can be done while the plan undoes its steps, and what to do then."""
    return (
        "the plan is undoing its steps; let that come to its end, then repeat this. "
        f"If no process carries it on, resume it first: `milepost resume {state.id}`"
    )


def end_or_undo(state: PlanState, ending: Ending) -> None:
    """Undo what can be undone and then end the plan; end it at once if there is nothing."""
    among, state.ending, state.undo_only = state.undo_only, None, None
    derive(state, whole=True)
    steps = undoable(state, among)
    if not steps:
        _end(state, ending)
        return
    cancel_active(state, ending.reason)
    begun = state.record(
        CompensationBegun,
        steps=steps,
        then=ending.then,
        reason=ending.reason,
        outcome=ending.fields,
    )
    for path in steps:
        undoing = state.step(undo_path(path))
        if undoing.status is not StepStatus.PENDING:
            reason = "it is undone once more"
            state.record_aside(undoing, StepReset, cause=begun.id, reason=reason)
    derive(state)


def undo_next(state: PlanState) -> bool:
    """Start the next step that undoes another, or go on after the last; tell whether it did."""
    for instance in state.undoing:
        step = instance.step
        if step.ended:
            continue
        is_due = step.status is StepStatus.RETRYING and (step.due or state.now) <= state.now
        if step.status is not StepStatus.PENDING and not is_due:
            return False
        bindings = resolve_input(state, instance)
        if bindings is not None:
            start(state, instance, bindings)
        return True
    _finish(state)
    return True


def _finish(state: PlanState) -> None:
    compensation = state.plan.compensation
    if compensation is None:
        return
    failed = tuple(
        path
        for path in compensation.steps
        if state.steps[undo_path(path)].status is not StepStatus.COMPLETED
    )
    state.record(CompensationEnded, failed=failed)
    _end(state, Ending(compensation.then, compensation.reason, compensation.outcome))


def _end(state: PlanState, ending: Ending) -> None:
    state.record(ENDINGS[ending.then], **ending.fields)
    derive(state)
