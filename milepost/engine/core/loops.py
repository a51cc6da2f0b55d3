"""Loops: what they go over, whether there is a next iteration, and what they give."""

from __future__ import annotations

from itertools import islice

from milepost.domain.aggregates import Step
from milepost.domain.errors import ExpressionError
from milepost.domain.events import DecisionRecorded, ErrorRecord, StepReset
from milepost.domain.steps import StepKind, StepStatus
from milepost.domain.templates import Template
from milepost.domain.values import Json

from .attempts import attempt_failed, complete, expression_failure, fail
from .completion import cancel_below
from .scopes import output_of, scope_of
from .state import Frame, Instance, PlanState

FOR_EACH = "/for_each"
COUNT = "/count"
ROUNDS = "/rounds"
"""Where a loop by condition that begins anew keeps how many rounds it had begun before."""


def resolve_items(state: PlanState, instance: Instance) -> dict[str, Json] | None:
    """Find what a loop goes over; return it as bindings, None if the loop failed on it."""
    spec, node = instance.node.spec, instance.node
    if spec.for_each is None and spec.count is None:
        return _resolve_rounds(instance)
    pointer, template = (
        (FOR_EACH, node.for_each) if spec.for_each is not None else (COUNT, node.count)
    )
    value = instance.step.bindings.get(pointer)
    if value is None:
        written: Json = spec.for_each if pointer == FOR_EACH else spec.count
        try:
            value = _resolve(state, instance, template, written)
        except ExpressionError as error:
            fail(state, instance, expression_failure(error))
            return None
    problem = restore_items(instance, pointer, value)
    if problem is not None:
        fail(
            state,
            instance,
            ErrorRecord(kind="validation", code="type", message=problem, retryable=False),
        )
        return None
    return {pointer: value}


def _resolve_rounds(instance: Instance) -> dict[str, Json]:
    """Set which rounds need no asking; a loop that is tried again has none of them."""
    if ROUNDS not in instance.step.bindings:
        return {}
    if instance.step.status is StepStatus.RETRYING:
        return {ROUNDS: 0}
    instance.kept = rounds_begun(instance.step)
    return instance.step.bindings


def rounds_begun(step: Step) -> int:
    """Return how many rounds a loop by condition had begun when it was to begin anew."""
    begun = step.bindings.get(ROUNDS)
    return begun if isinstance(begun, int) else 0


def restore_items(instance: Instance, pointer: str, value: Json) -> str | None:
    """Set what the loop goes over; return what is wrong with it, if anything."""
    if pointer == FOR_EACH:
        if not isinstance(value, list):
            return f"`for_each` of {instance.path!r} needs a list, this is {_named(value)}"
        instance.items = value
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return f"`count` of {instance.path!r} needs a whole number from 0, this is {value!r}"
    instance.items = list(range(value))
    return None


def has_turn(state: PlanState, instance: Instance) -> bool:
    """Tell whether a step may begin as far as the loop around it goes; if not, it is held back.

    A loop whose body gained steps may have more unfinished rounds than it goes through at once.
    """
    owner = instance.frame.owner
    if owner is None or owner.node.kind is not StepKind.LOOP:
        return True
    if owner.open_frames <= concurrency(owner) or instance.frame in _turns(state, owner):
        return True
    state.held_back.setdefault(owner.path, []).append(instance)
    return False


def give_turns(state: PlanState, owner: Instance) -> None:
    """Let the steps begin that were held back in rounds which now have their turn."""
    if held_back := state.held_back.pop(owner.path, None):
        turns = _turns(state, owner)
        state.unblocked.extend(one for one in held_back if one.frame in turns)
        state.held_back[owner.path] = [one for one in held_back if one.frame not in turns]


def _turns(state: PlanState, owner: Instance) -> set[Frame]:
    """Return the rounds to go on with: those with steps under way, then the first of the rest."""
    under_way = {one.frame for one in state.active.values() if one.frame.owner is owner}
    others = (frame for frame in owner.frames if frame.open and frame not in under_way)
    return under_way.union(islice(others, max(0, concurrency(owner) - len(under_way))))


def advance(state: PlanState, instance: Instance) -> None:
    """Begin the iterations that may begin now, or end the loop when there are no more."""
    while instance.open_frames < concurrency(instance):
        index = len(instance.frames)
        try:
            going = _has_next(state, instance, index)
        except ExpressionError as error:
            attempt_failed(state, instance, expression_failure(error))
            return
        if not going:
            break
        if index >= instance.node.spec.max_iterations:
            _fail_at_limit(state, instance)
            return
        _open(state, instance, index)
    if instance.open_frames == 0:
        _finish(state, instance)


def _open(state: PlanState, instance: Instance, index: int) -> None:
    frame = state.open_frame(instance.node.groups[0], instance, index)
    name_iteration(instance, frame)
    state.settle_kept(frame)


def name_iteration(instance: Instance, frame: Frame) -> None:
    """Set what expressions inside see as `item` and `previous`."""
    index = frame.index or 0
    if instance.items is not None:
        frame.item = instance.items[index]
    if index:
        frame.previous = output_of(instance.frames[index - 1])


def _has_next(state: PlanState, instance: Instance, index: int) -> bool:
    if instance.items is not None:
        return index < len(instance.items)
    if index < instance.kept:
        return True
    condition = instance.node.condition
    if condition is None:
        return False
    until = instance.node.spec.until is not None
    if until and index == 0:
        return True
    look = _look_ahead(instance, index, until=until)
    value = bool(condition.evaluate(scope_of(state, condition, instance, inside=look)))
    return value is not until


def _look_ahead(instance: Instance, index: int, *, until: bool) -> Frame:
    """Return the names a condition sees: `until` looks back, `while` ahead."""
    look = Frame(instance.node.groups[0], instance, index - 1 if until else index)
    if instance.frames:
        look.previous = output_of(instance.frames[-1])
    return look


def _finish(state: PlanState, instance: Instance) -> None:
    outputs = [output_of(frame) for frame in instance.frames]
    spec = instance.node.spec
    if instance.items is not None:
        why = "every item was gone over"
    elif spec.until is not None:
        why = f"`{spec.until}` holds"
    else:
        why = f"`{spec.while_}` no longer holds"
    state.record(
        DecisionRecorded,
        what="loop",
        chosen="stop",
        why=why,
        step=instance.path,
        inputs={"iterations": len(outputs)},
        alternatives=("go on",),
    )
    if instance.step.activation:
        _drop_leftovers(state, instance)
    complete(state, instance, outputs)


def _drop_leftovers(state: PlanState, instance: Instance) -> None:
    """Reset what an earlier turn of the loop left in iterations that this one did not have."""
    place = f"{instance.path}["
    for path in sorted(path for path in state.steps if path.startswith(place)):
        step, index = state.steps[path], path.removeprefix(place).partition("]")[0]
        if step.status is not StepStatus.PENDING and int(index) >= len(instance.frames):
            state.record_aside(step, StepReset, reason="the loop went round less often")


def _fail_at_limit(state: PlanState, instance: Instance) -> None:
    limit = instance.node.spec.max_iterations
    message = f"loop {instance.path!r} would pass its max_iterations of {limit}"
    error = ErrorRecord(kind="limit", code="max_iterations", message=message, retryable=False)
    cancel_below(state, instance, f"its container {instance.path!r} failed")
    attempt_failed(state, instance, error)


def concurrency(instance: Instance) -> int:
    """Return how many rounds of a loop may be gone through at once."""
    return instance.node.spec.concurrency if instance.items is not None else 1


def _resolve(
    state: PlanState, instance: Instance, template: Template | None, written: Json
) -> Json:
    if template is None:
        return written
    return template.resolve(scope_of(state, template, instance)).value


def _named(value: Json) -> str:
    return "null" if value is None else f"{type(value).__name__} {value!r:.40}"
