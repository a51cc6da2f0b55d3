"""Steps with children: how they start them, and what a child's end means to them."""

from __future__ import annotations

from milepost.domain.events import ErrorRecord, SkipReason, StepReset
from milepost.domain.steps import ParallelMode, StepKind, StepStatus
from milepost.domain.values import Json

from . import branches, loops
from .attempts import attempt_failed, complete, start
from .completion import cancel_below
from .resetting import reset_inside
from .scopes import output_of
from .state import Frame, Instance, PlanState, below, latest_event


def begin(state: PlanState, instance: Instance) -> None:
    """Start a container: bring its children into being."""
    kind = instance.node.kind
    choice = branches.choose(state, instance) if kind is StepKind.BRANCH else None
    is_loop = kind is StepKind.LOOP
    bindings = loops.resolve_items(state, instance) if is_loop else branches.bindings_of(choice)
    if bindings is None:
        return
    again = instance.step.status is StepStatus.RETRYING
    start(state, instance, bindings)
    if again:
        _reset_children(state, instance)
    if choice is not None:
        branches.take(state, instance, choice)
    elif is_loop:
        loops.advance(state, instance)
    else:
        state.settle_kept(state.open_frame(instance.node.groups[0], instance))


def child_ended(state: PlanState, owner: Instance, frame: Frame, child: Instance) -> None:
    """Go on with a container after one of its children ended."""
    if owner.step.status is not StepStatus.RUNNING or frame.passed_over:
        return
    if owner.node.kind is StepKind.PARALLEL:
        _parallel_child_ended(state, owner, frame, child)
    elif child.step.status is StepStatus.FAILED:
        fail_container(state, owner, child)
    elif frame.open == 0:
        lost = _failed(frame) or _blocked(frame)
        if lost is not None:
            fail_container(state, owner, lost)
        elif owner.node.kind is StepKind.LOOP:
            loops.advance(state, owner)
        else:
            complete(state, owner, output_of(frame), cause=latest_event(child.step))
    if owner.node.kind is StepKind.LOOP:
        loops.give_turns(state, owner)


def go_on(state: PlanState, owner: Instance) -> None:
    """Do what children that ended before a crash call for; harmless when nothing is left.

    What ends a container comes first: a failure, or the first success where that is asked for.
    """
    is_race = owner.node.spec.mode is ParallelMode.FIRST_SUCCESS
    decisive = StepStatus.COMPLETED if is_race else StepStatus.FAILED
    for frame in list(owner.frames):
        ended = [child for child in frame.instances.values() if child.step.ended]
        for child in sorted(ended, key=lambda one: one.step.status is not decisive):
            child_ended(state, owner, frame, child)
    if owner.step.status is not StepStatus.RUNNING:
        return
    if owner.node.kind is StepKind.LOOP:
        loops.advance(state, owner)
    elif all(frame.passed_over for frame in owner.frames):
        complete(state, owner, None)


def fail_container(state: PlanState, owner: Instance, child: Instance) -> None:
    """Fail a container because of a child; its retry policy, if it has one, is applied."""
    cancel_below(state, owner, f"its container {owner.path!r} failed")
    error = child.step.error
    message = (
        f"step {child.path!r} failed: {error.message}"
        if error
        else (f"step {child.path!r} could not run: {child.step.reason}")
    )
    record = ErrorRecord(
        kind=error.kind if error else "execution",
        code=error.code if error else "blocked",
        message=message,
        retryable=error.retryable if error else False,
        step=child.path,
        cause=error,
    )
    attempt_failed(state, owner, record, cause=latest_event(child.step))


def _parallel_child_ended(state: PlanState, owner: Instance, frame: Frame, child: Instance) -> None:
    mode, status = owner.node.spec.mode, child.step.status
    if mode is ParallelMode.FIRST_SUCCESS and status is StepStatus.COMPLETED:
        cancel_below(state, owner, f"step {child.path!r} was the first to succeed")
        complete(state, owner, {child.node.spec.id: child.step.output})
    elif mode is ParallelMode.STOP_ON_FAILURE and status is StepStatus.FAILED:
        fail_container(state, owner, child)
    elif frame.open == 0:
        _join(state, owner, frame, child)


def _join(state: PlanState, owner: Instance, frame: Frame, last: Instance) -> None:
    """End a parallel step all of whose children have ended."""
    children = list(frame.instances.values())
    failed = _failed(frame) or _blocked(frame)
    if failed is not None:
        fail_container(state, owner, failed)
        return
    outputs: dict[str, Json] = {
        one.node.spec.id: one.step.output
        for one in children
        if one.step.status is StepStatus.COMPLETED
    }
    complete(state, owner, outputs, cause=latest_event(last.step))


def _failed(frame: Frame) -> Instance | None:
    instances = frame.instances.values()
    return next((one for one in instances if one.step.status is StepStatus.FAILED), None)


def _blocked(frame: Frame) -> Instance | None:
    instances = frame.instances.values()
    return next((one for one in instances if one.step.skipped is SkipReason.BLOCKED), None)


def _reset_children(state: PlanState, instance: Instance) -> None:
    """Have done with every step below, and reset those that moved: the next attempt begins."""
    reason = f"container {instance.path!r} is tried again"
    for child in list(below(instance)):
        child.frame.over = True
        if child.step.status is not StepStatus.PENDING:
            state.record_step(child, StepReset, reason=reason)
    reset_inside(state, instance.path, reason)
    instance.frames.clear()
    instance.open_frames = instance.kept = 0
