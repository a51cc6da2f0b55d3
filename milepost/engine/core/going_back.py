"""Going back: to an earlier revision of the plan, or to an earlier moment of its record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from milepost.domain.commands import Restore, RollBack
from milepost.domain.course import other_workflow, workflow_at
from milepost.domain.events import (
    Event,
    PlanCancelled,
    PlanCompleted,
    PlanFailed,
    PlanRestored,
    PlanRolledBack,
    StepAdopted,
    StepCancelled,
    StepFailed,
    StepSkipped,
    StepStarted,
)
from milepost.domain.events.base import ENVELOPE
from milepost.domain.ids import StepPath, path_of, undo_path, undone_path
from milepost.domain.lookup import StepLookup
from milepost.domain.steps import StepStatus

from .context import context_kept
from .decisions import Decisions, held_decisions
from .derive import derive
from .past import Past, past_at
from .resetting import introduce_names, take_back
from .survey import Survey, is_undone

if TYPE_CHECKING:
    from milepost.domain.aggregates import Step

    from .compiled import CompiledPlan
    from .state import PlanState


class Reach(NamedTuple):
    """Which steps a change takes back."""

    reset: tuple[StepPath, ...]
    """Steps of the plan that are pending again."""
    keep: frozenset[StepPath]
    """Those of them that may adopt the result they have, if they come to do the same."""
    removed: tuple[StepPath, ...]
    """Steps that moved and that the plan no longer has."""
    outdated: tuple[StepPath, ...]
    """Pending steps that must forget the result they had."""
    held: Decisions
    """What those of them hold to that had decided something."""


def reach_of_rollback(state: PlanState, compiled: CompiledPlan) -> Reach:
    """Return what going back to the content `compiled` takes back.

    A step keeps what came of it if it is written as before and nothing that it reads from is
    taken back; of the others, those written as before may find that their input is the same.
    The state is left with that content, unfit for deciding before `derive`.
    """
    survey = Survey(state, compiled)
    moved = survey.moved()
    seeds = [
        one
        for one in moved
        if one.path in survey.changed or one.node.ends_plan or is_undone(state, one.path)
    ]
    seeds += survey.lost() + survey.readers_of_removed()
    owners = [one for one in moved if one.path in survey.rearranged and one.step.ended]
    reset = survey.spread(seeds, lambda _one: True, owners)
    return Reach(
        reset=tuple(reset),
        keep=frozenset(
            path for path in reset if path not in survey.changed and not is_undone(state, path)
        ),
        removed=survey.removed,
        outdated=survey.outdated,
        held=held_decisions(survey, reset),
    )


def roll_back(
    state: PlanState, compiled: CompiledPlan, command: RollBack, history: Sequence[Event], why: str
) -> None:
    """Make a new revision equal to an earlier one and take back what it does not cover."""
    total = len(_moved(state))
    reach = reach_of_rollback(state, compiled)
    touched = (*reach.reset, *reach.removed)
    why = why or f"rolled back to revision {command.to}"
    event = state.record(
        PlanRolledBack,
        number=state.plan.revision + 1,
        content=command.content,
        parent=state.plan.revision,
        to=command.to,
        kept=total - len(touched),
        reset=len(reach.reset),
        removed=reach.removed,
        context=context_kept(history, touched),
        reason=why,
        workflow=other_workflow(state.plan.workflow, workflow_at(history, command.to)),
    )
    paths = (*touched, *reach.outdated)
    take_back(state, paths, why, cause=event.id, keep=reach.keep, held=reach.held)
    introduce_names(state, event.id)
    derive(state)


def restore_moment(
    state: PlanState, compiled: CompiledPlan, command: Restore, history: Sequence[Event], why: str
) -> str | None:
    """Put the plan back to the moment right after an event, as a new chapter of its record.

    Return why that cannot be, if it cannot.
    """
    try:
        past = past_at(history, command.at, compiled.spec)
    except LookupError:
        return f"it has no event {command.at!r}"
    if refusal := _no_way_back(state, past):
        return refusal
    paths = _moved_since(state, past, history)
    undone = frozenset(path for path in paths if _undone_since(state, path, past))
    again = [path for path in _ended_then(past) if path in paths and path not in undone]
    moved = _moved(state)
    at, checkpoint = command.at, command.checkpoint
    workflow = other_workflow(state.plan.workflow, past.plan.workflow)
    is_other = past.plan.content != state.plan.content or workflow is not None
    why = why or (f"restored to checkpoint {checkpoint}" if checkpoint else f"restored to {at}")
    event = state.record(
        PlanRestored,
        number=state.plan.revision + is_other,
        content=past.plan.content,
        parent=state.plan.revision,
        at=at,
        checkpoint=checkpoint,
        kept=len((moved - paths.keys()) | frozenset(again)),
        reset=len((moved & paths.keys()) - frozenset(again)),
        context=past.plan.context,
        reason=why,
        workflow=workflow,
    )
    keep = {path for path in paths if path not in undone and _remembers(state, path, past)}
    take_back(state, paths, why, cause=event.id, keep=keep, held=_held(paths, past))
    state.compiled = compiled
    _go_on_as_then(state, past, [path for path in paths if past.under_way(path)], event.id)
    for path in again:
        _end_again(state, path, past.steps[path], event.id, why)
    if past.plan.ended:
        _end_plan_again(state, past)
    derive(state)
    return None


def _no_way_back(state: PlanState, past: Past) -> str | None:
    if past.plan.ended and past.plan.epoch == state.plan.epoch:
        return (
            f"it had ended by then ({past.plan.status.value}); "
            "restore a moment before its end, or recover it if it failed"
        )
    if past.plan.compensation is not None:
        return "it was undoing its steps then; restore a moment before or after that"
    return None


def _moved_since(state: PlanState, past: Past, history: Sequence[Event]) -> dict[StepPath, None]:
    """Return the paths of all steps to which something happened after that moment, in order.

    So it does to steps that were being stopped, and to branches that were yet to choose.
    """
    moved = dict.fromkeys(path_of(event.originator_id) for event in history)
    return {
        path: None
        for path in moved
        if path is not None
        and undone_path(path) is None
        and (
            state.steps[path].version != _version(past, path)
            or path in past.stopping
            or path in past.undecided
            or _undone_since(state, path, past)
        )
    }


def _ended_then(past: Past) -> list[StepPath]:
    """Return the steps that had ended, the completed ones in the order of their completion."""
    completed = past.completed()
    known = frozenset(completed)
    others = (path for path in past.steps if path not in known and undone_path(path) is None)
    return [*completed, *(path for path in others if past.ended(path))]


def _go_on_as_then(state: PlanState, past: Past, paths: Sequence[StepPath], cause: str) -> None:
    """Let containers run that ran at the moment: what they had decided by then still holds."""
    steps = StepLookup(state.compiled.spec)
    for path in paths:
        spec = steps.find(path)
        if spec is not None and spec.is_container:
            then = past.steps[path]
            state.record_aside(
                state.step(path),
                StepStarted,
                cause=cause,
                attempt=then.attempt,
                bindings=then.bindings,
            )


def _end_again(state: PlanState, path: StepPath, then: Step, cause: str, why: str) -> None:
    """Let a step end as it had ended at the moment that is restored."""
    step = state.step(path)
    if then.status is StepStatus.COMPLETED:
        state.record_aside(
            step,
            StepAdopted,
            cause=cause,
            output=then.output,
            source=then.source or f"{then.id}#{then.version}",
            bindings=then.bindings,
        )
    elif then.status is StepStatus.FAILED and then.error is not None:
        state.record_aside(step, StepFailed, cause=cause, error=then.error)
    elif then.status is StepStatus.SKIPPED and then.skipped is not None:
        state.record_aside(
            step, StepSkipped, cause=cause, reason=then.skipped, detail=then.reason or why
        )
    elif then.status is StepStatus.CANCELLED:
        state.record_aside(step, StepCancelled, cause=cause, reason=then.reason or why)


def _end_plan_again(state: PlanState, past: Past) -> None:
    """End the plan as it had ended, in an earlier epoch."""
    ends = (PlanCompleted, PlanFailed, PlanCancelled)
    end = next(event for event in reversed(past.before) if isinstance(event, ends))
    names = type(end).model_fields.keys() - ENVELOPE
    state.record(type(end), **{name: getattr(end, name) for name in names})


def _undone_since(state: PlanState, path: StepPath, past: Past) -> bool:
    """Tell whether a step was undone after that moment: then it has to run again."""
    undoing = undo_path(path)
    return is_undone(state, path) and state.steps[undoing].version != _version(past, undoing)


def _remembers(state: PlanState, path: StepPath, past: Past) -> bool:
    """Tell whether a step that remembered a result then still has that one."""
    memo = past.steps[path].memo if path in past.steps else None
    step = state.steps[path]
    return memo is not None and (step.memo == memo or step.source == memo.source)


def _held(paths: Iterable[StepPath], past: Past) -> Decisions:
    """Return what containers held to that were to begin anew then."""
    steps = ((path, past.steps[path]) for path in paths if path in past.steps)
    return {path: step.bindings for path, step in steps if step.status is StepStatus.PENDING}


def _version(past: Past, path: StepPath) -> int:
    step = past.steps.get(path)
    return step.version if step is not None else 0


def _moved(state: PlanState) -> frozenset[StepPath]:
    return frozenset(
        path
        for path, step in state.steps.items()
        if step.status is not StepStatus.PENDING and undone_path(path) is None
    )
