"""Requests that change a plan's course, carried out by its core; each may say why it cannot."""

from __future__ import annotations

from functools import singledispatch

from milepost.domain.commands import (
    ChangeBreakpoint,
    Command,
    Compensate,
    ForgetCheckpoint,
    Recover,
    Replan,
    Reshaping,
    Restore,
    Revise,
    RollBack,
    TakeCheckpoint,
)
from milepost.domain.events import (
    BreakpointChanged,
    CheckpointForgotten,
    PlanFailed,
    RecoveryStrategy,
)
from milepost.domain.ids import StepPath
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepSpec

from . import breakpoints, checkpoints, compensation, going_back, replanning, revising
from .completion import Ending, cancel_active
from .derive import derive
from .giving_up import give_up
from .outcomes import Requested
from .state import PlanState


@singledispatch
def change_course(command: Command, state: PlanState, asked: Requested) -> str | None:
    """Carry a command out; return why not, if it cannot be done."""
    del state, asked
    return f"there is no command {command!r}"


@change_course.register
def _(command: Revise, state: PlanState, asked: Requested) -> str | None:
    if state.over and not state.plan.ended:
        return compensation.still_undoing(state)
    if state.over or state.plan.status is PlanStatus.READY:
        return f"a plan that is {state.plan.status.value} cannot be revised; recover or restore it"
    if asked.compiled is None:
        return "the new content is not there"
    if command.base != state.plan.revision:
        return (
            f"it was made from revision {command.base}, and the plan is at revision "
            f"{state.plan.revision} by now; look at that one and try again"
        )
    revision = revising.Revision(state, asked.compiled, command.again)
    refusal = revision.refusal()
    if refusal is not None:
        revision.undo()
        return refusal
    revision.record(
        command.content,
        trigger=command.trigger,
        strategy=command.strategy,
        evidence=(*command.evidence, asked.request.id),
        why=asked.request.why,
        workflow=command.workflow,
    )
    return None


@change_course.register
def _(command: RollBack, state: PlanState, asked: Requested) -> str | None:
    if (refusal := _cannot_go_back(state, asked)) or asked.compiled is None:
        return refusal
    going_back.roll_back(state, asked.compiled, command, asked.history, asked.request.why)
    return _hold(state, command)


@change_course.register
def _(command: Restore, state: PlanState, asked: Requested) -> str | None:
    if (refusal := _cannot_go_back(state, asked)) or asked.compiled is None:
        return refusal
    refusal = going_back.restore_moment(
        state, asked.compiled, command, asked.history, asked.request.why
    )
    return refusal or _hold(state, command)


@change_course.register
def _(command: Recover, state: PlanState, asked: Requested) -> str | None:
    if state.over and not state.plan.ended:
        return compensation.still_undoing(state)
    failure = next((one for one in reversed(asked.history) if isinstance(one, PlanFailed)), None)
    if state.plan.status is not PlanStatus.FAILED or asked.compiled is None or failure is None:
        return f"only a plan that failed can be recovered, this one is {state.plan.status.value}"
    if command.strategy is RecoveryStrategy.ABORT:
        give_up(state, settles=failure.id, why=asked.request.why)
        return None
    if revising.asks_planner(state, command) and asked.compiled.settings.replan is None:
        return "its settings do not have it replanned; say by which plan it is to go on"
    refusal = revising.recover(
        state, asked.compiled, command, asked.history, settles=failure.id, why=asked.request.why
    )
    return refusal or _hold(state, command)


@change_course.register
def _(command: Replan, state: PlanState, asked: Requested) -> str | None:
    if refusal := replanning.refusal(state, command.trigger):
        return refusal
    given = command.model_dump(mode="json", exclude_none=True, exclude={"trigger", "step"})
    spec = _in_being(state, StepPath(command.step)) if command.step is not None else None
    if command.step is not None and spec is None:
        return f"there is no step {command.step!r}"
    about = {"tool": spec.tool} if spec is not None else {}
    analysis = {"asked_by": asked.request.actor, "why": asked.request.why} | given | about
    cause = replanning.Cause(command.trigger, command.step, (asked.request.id,), analysis)
    replanning.call_for_plan(state, cause)
    return None


@change_course.register
def _(command: Compensate, state: PlanState, asked: Requested) -> str | None:
    if state.over and not state.plan.ended:
        return compensation.still_undoing(state)
    if not state.compiled.compensates:
        return "none of its steps says how it is undone"
    if refusal := compensation.cannot_undo(state, command.steps):
        return refusal
    derive(state)
    why = asked.request.why or "compensation was asked for"
    if not state.plan.ended:
        cancel_active(state, why)
    state.undo_only = frozenset(command.steps) or None
    state.ending = Ending("pause", why, {"reason": why})
    return None


@change_course.register
def _(command: TakeCheckpoint, state: PlanState, asked: Requested) -> str | None:
    known = state.plan.checkpoints
    name = command.name or checkpoints.free_name(state, f"checkpoint {len(known) + 1}")
    if name in known:
        return f"it has a checkpoint {name!r} already; give another name, or delete that one"
    if command.snapshot and command.at is not None:
        return "a snapshot is of the present moment; leave out the snapshot or the moment"
    if len(known) >= checkpoints.MOST_CHECKPOINTS:
        return f"it has {checkpoints.MOST_CHECKPOINTS} checkpoints, which is the most"
    checkpoints.take(
        state, name, command.at or state.last, snapshot=command.snapshot, why=asked.request.why
    )
    return None


@change_course.register
def _(command: ForgetCheckpoint, state: PlanState, asked: Requested) -> str | None:
    del asked
    if command.name not in state.plan.checkpoints:
        return f"it has no checkpoint {command.name!r}"
    state.record(CheckpointForgotten, name=command.name)
    return None


@change_course.register
def _(command: ChangeBreakpoint, state: PlanState, asked: Requested) -> str | None:
    del asked
    if state.plan.ended:
        return f"a plan that is {state.plan.status.value} stops nowhere"
    if command.on and not breakpoints.is_known(state, command.step):
        return f"it has no step {command.step!r} to stop at"
    if not command.on and command.step not in state.plan.breakpoints:
        return f"there is no breakpoint at {command.step!r}"
    state.record(BreakpointChanged, step=command.step, on=command.on)
    return None


def _in_being(state: PlanState, path: StepPath) -> StepSpec | None:
    """Return how a step is written that something happened to, or may; None for any other."""
    step, instance = state.steps.get(path), state.instances.get(path)
    if (step is not None and step.version) or (instance is not None and instance.may_move):
        return StepLookup(state.compiled.spec).find(path)
    return None


def _cannot_go_back(state: PlanState, asked: Requested) -> str | None:
    if asked.compiled is None or not asked.history:
        return "there is nothing like that in its record"
    if state.plan.status is PlanStatus.READY:
        return "a plan that has not started cannot go back"
    if state.over and not state.plan.ended:
        return compensation.still_undoing(state)
    return None


def _hold(state: PlanState, command: Reshaping) -> str | None:
    """Pause right away if that was asked for."""
    if command.hold and state.plan.status is PlanStatus.RUNNING:
        breakpoints.hold(state)
    return None
