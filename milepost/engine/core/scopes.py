"""The values that an expression sees: inputs, context, steps in sight, and its loops' names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from milepost.domain.steps import StepKind
from milepost.domain.values import Json

if TYPE_CHECKING:
    from .state import Frame, Instance, PlanState


class Reader(Protocol):
    """A program or a template: what it reads of a scope."""

    @property
    def roots(self) -> frozenset[str]:
        """Names of the scope."""
        ...

    @property
    def step_references(self) -> frozenset[str]:
        """Ids of the steps."""
        ...


def scope_of(
    state: PlanState,
    reader: Reader,
    instance: Instance,
    inside: Frame | None = None,
    *,
    output: Json = None,
) -> dict[str, Json]:
    """Return what `reader` reads, as `instance` sees it.

    `inside` is the iteration of the instance's own loop that a loop's condition looks into;
    `output` is what the instance is seen to give while it runs.
    """
    scope: dict[str, Json] = {}
    for root in reader.roots:
        if root == "inputs":
            scope[root] = state.plan.inputs
        elif root == "context":
            scope[root] = state.plan.context
        elif root == "steps":
            scope[root] = _steps(reader.step_references, instance, output)
        else:
            scope[root] = _loop_value(root, inside or instance.frame)
    return scope


def output_of(frame: Frame) -> Json:
    """Return what an ordered list of steps gave: the output of the last that completed."""
    for instance in reversed(frame.instances.values()):
        if instance.step.status == "completed":
            return instance.step.output
    return None


def _steps(names: Iterable[str], instance: Instance, output: Json) -> dict[str, Json]:
    found = {name: _find(name, instance.frame) for name in names}
    return {
        name: {"output": output, "status": "completed", "error": None}
        if one is instance and not one.step.ended
        else _values(one)
        for name, one in found.items()
    }


def _find(name: str, frame: Frame) -> Instance:
    while name not in frame.instances:
        if frame.owner is None:
            raise LookupError(f"no step {name!r} in sight")
        frame = frame.owner.frame
    return frame.instances[name]


def _values(instance: Instance) -> Json:
    step = instance.step
    error = step.error
    return {
        "output": step.output,
        "status": step.status.value,
        "error": error.message if error else None,
    }


def _loop_value(name: str, frame: Frame) -> Json:
    """Return `item`, `index` or `previous` of the innermost loop that gives it."""
    while True:
        owner = frame.owner
        if owner is None:
            raise LookupError(f"no loop gives {name!r}")
        spec = owner.node.spec
        if spec.kind is StepKind.LOOP and (name != "item" or spec.for_each is not None):
            break
        frame = owner.frame
    values: dict[str, Json] = {
        "item": frame.item,
        "index": frame.index,
        "previous": frame.previous,
    }
    return values[name]
