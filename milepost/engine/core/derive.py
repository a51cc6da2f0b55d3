"""The bookkeeping of a plan, derived again from its folded aggregates: after a crash, in replay."""

from __future__ import annotations

from collections.abc import Iterable

from milepost.domain.aggregates import PlanStream
from milepost.domain.census import iterations_of
from milepost.domain.events import Event, Waiting
from milepost.domain.ids import StepPath, owner_of, undo_path
from milepost.domain.steps import StepKind, StepStatus

from . import branches, loops
from .bulk import in_bulk
from .compiled import CompiledPlan
from .failures import has_consequences
from .instances import turns_of
from .state import Frame, Instance, PlanState, Undoing, latest_event
from .timers import Alarm

_OPEN = frozenset({StepStatus.RUNNING, StepStatus.RETRYING})
_BEGINS_ANEW = frozenset({StepStatus.PENDING, StepStatus.RETRYING})


@in_bulk
def restore(plan_id: str, events: Iterable[Event], compiled: CompiledPlan) -> PlanState:
    """Return the state that the events add up to, ready for the next outcome."""
    state = PlanState(PlanStream.shell(plan_id), compiled)
    for event in events:
        state.fold(event)
    derive(state)
    return state


def derive(state: PlanState, *, whole: bool = False) -> None:
    """Rebuild everything but the aggregates from the aggregates.

    Of a container that may be tried again all that is below comes back, for then it is reset.
    With `whole`, and while steps are undone, so does all below every container that started, and
    below those that are to begin anew with children that keep their results.
    """
    given = {path: one.input for path, one in state.active.items()}
    state.forget()
    if state.plan.started_at is None or (state.plan.ended and not whole):
        return
    whole = whole or state.plan.compensation is not None
    moved = iterations_of(state.steps)
    going_on = {path: step for path, step in state.steps.items() if not step.ended}
    under_way = moved if whole else iterations_of(going_on)
    inhabited = _inhabited(state) if whole else frozenset[StepPath]()
    pending = [(state.open_frame(state.compiled.root), False)]
    while pending:
        frame, again = pending.pop()
        _settle_frame(state, frame)
        for instance in frame.instances.values():
            step = instance.step
            if instance.node.groups and (
                step.status in _OPEN
                or ((again or whole) and step.started_at)
                or instance.path in inhabited
            ):
                inside = again or instance.node.policy is not None
                least = under_way if step.status is StepStatus.RUNNING else moved
                rounds = moved.get(instance.path, 0), least.get(instance.path, 0)
                frames = _reopen(state, instance, *rounds)
                pending.extend((inner, inside) for inner in frames)
    _bring_undoing(state)
    _bring_failures(state)
    state.all_ended = state.root is not None and not state.root.open and state.ended_since
    started = [one for one in state.instances.values() if _is_active(one)]
    for instance in sorted(started, key=_by_start):
        state.adopt(instance)
        instance.input = given.get(instance.path)
        _set_timers(state, instance)
    state.recheck = True


def _inhabited(state: PlanState) -> frozenset[StepPath]:
    """Return the containers in which some step has moved."""
    found: set[StepPath] = set()
    for path, step in state.steps.items():
        owner = owner_of(path) if step.status is not StepStatus.PENDING else None
        while owner is not None and owner not in found:
            found.add(owner)
            owner = owner_of(owner)
    return frozenset(found)


def _bring_undoing(state: PlanState) -> None:
    """Bring into being the steps that undo others, if the plan is at that."""
    compensation = state.plan.compensation
    for path in compensation.steps if compensation else ():
        origin, undoing = state.instances[StepPath(path)], undo_path(path)
        if origin.node.undo is not None:
            instance = Undoing(origin.node.undo, origin.frame, state.step(undoing), undoing)
            instance.cause = latest_event(origin.step)
            state.instances[undoing] = instance
            state.undoing.append(instance)


def _bring_failures(state: PlanState) -> None:
    """List the failures from which something may have to follow, in the order of failing."""
    root = state.root
    if root is not None and state.compiled.settings.replan is not None and not state.over:
        top = {one.path: one for one in root.instances.values()}
        failed = [top[path] for path in state.failed if path in top]
        state.failures = {one.path: one for one in failed if has_consequences(state, one)}


def _is_active(instance: Instance) -> bool:
    step = instance.step
    return not step.ended and step.status is not StepStatus.PENDING


def _by_start(instance: Instance) -> tuple[float, int, tuple[int, ...]]:
    started = instance.step.started_at
    return (started.timestamp() if started else 0.0, instance.node.number, turns_of(instance))


def _settle_frame(state: PlanState, frame: Frame) -> None:
    """Count who has not ended, and say what let each waiting step wait no more."""
    going_on = [one for one in frame.instances.values() if not one.step.ended]
    frame.open = len(going_on)
    if not frame.open and frame.owner is not None:
        frame.owner.open_frames -= 1
    above = latest_event(frame.owner.step) if frame.owner else f"{state.id}#2"
    for instance in going_on:
        step = instance.step
        if step.version and step.status in _BEGINS_ANEW:
            instance.cause = latest_event(step)
            continue
        sources = [state.source(instance, edge.source).step for edge in instance.node.edges]
        ended = [source for source in sources if source.ended]
        latest = max(ended, key=lambda step: (step.modified_on, step.id), default=None)
        instance.cause = latest_event(latest) if latest else above


def _reopen(state: PlanState, instance: Instance, moved: int, under_way: int) -> list[Frame]:
    """Bring a started container's children into being again, of a loop those of `moved` rounds.

    Of rounds that are neither finished nor among the first `under_way` there come as many as may
    be gone through at once; into the rest the loop goes by itself.
    """
    node = instance.node
    if node.kind is StepKind.BRANCH:
        return [_reopen_case(state, instance, case) for case in range(len(node.groups))]
    if node.kind is not StepKind.LOOP:
        return [state.open_frame(node.groups[0], instance)]
    for pointer, value in instance.step.bindings.items():
        if pointer in (loops.FOR_EACH, loops.COUNT):
            loops.restore_items(instance, pointer, value)
    instance.kept = max(moved, loops.rounds_begun(instance.step))
    if instance.items is not None:
        instance.kept = min(moved, len(instance.items))
    unfinished = 0
    for index in range(instance.kept):
        if index >= under_way and unfinished >= loops.concurrency(instance):
            break
        frame = state.open_frame(node.groups[0], instance, index)
        loops.name_iteration(instance, frame)
        unfinished += not all(one.step.ended for one in frame.instances.values())
    return instance.frames


def _reopen_case(state: PlanState, branch: Instance, case: int) -> Frame:
    """Bring a case's steps into being again; those that one not taken gained will be skipped."""
    frame = state.open_frame(branch.node.groups[case], branch, case)
    frame.passed_over = branches.passes_over(branch.step, case)
    if frame.passed_over:
        waiting = (one for one in frame.instances.values() if one.waiting)
        state.unblocked.extend(one for one in waiting if one.step.status is StepStatus.PENDING)
    return frame


def _set_timers(state: PlanState, instance: Instance) -> None:
    step, spec = instance.step, instance.node.spec
    if step.due is not None and (
        step.status is StepStatus.RETRYING or step.waiting is Waiting.TIME
    ):
        state.timers.add(step.due, Alarm.WAKE, instance)
    if instance.node.works and instance.is_running and spec.attempt_timeout is not None:
        state.timers.add(step.modified_on + spec.attempt_timeout, Alarm.ATTEMPT_LIMIT, instance)
    if spec.timeout is not None and step.started_at is not None:
        state.timers.add(step.started_at + spec.timeout, Alarm.STEP_LIMIT, instance)
