"""States put on a drawing: how each step of a plan stands at a moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from milepost.domain.steps import StepKind, StepStatus
from milepost.projections.step_views import UNDONE

from .drawing import Compartment, Drawing, Shape

_TELLING = (
    StepStatus.FAILED.value,
    StepStatus.RUNNING.value,
    StepStatus.RETRYING.value,
    StepStatus.SUSPENDED.value,
    StepStatus.CANCELLED.value,
    UNDONE,
    StepStatus.COMPLETED.value,
    StepStatus.SKIPPED.value,
    StepStatus.READY.value,
    StepStatus.PENDING.value,
)
"""Which of several states a shape shows, most telling first."""


def with_statuses(drawing: Drawing, statuses: Mapping[str, str]) -> Drawing:
    """Return the drawing with the states of steps by path; a step without one is pending.

    Iterations of a loop are counted together on the one shape that stands for them.
    """
    loops = {shape.path for shape in drawing.all_shapes() if shape.kind is StepKind.LOOP}
    found: dict[str, Counter[str]] = {}
    for path, status in statuses.items():
        found.setdefault(static_path(path, loops), Counter())[status] += 1
    return replace(drawing, shapes=tuple(_marked(shape, found) for shape in drawing.shapes))


def static_path(path: str, loops: set[str]) -> str:
    """Return a step's path without the numbers of loop iterations; those of cases stay."""
    static = ""
    for segment in path.split("."):
        joined = f"{static}.{segment}" if static else segment
        loop = joined.rpartition("[")[0]
        static = loop if joined.endswith("]") and loop in loops else joined
    return static


def _marked(shape: Shape, found: Mapping[str, Counter[str]]) -> Shape:
    counts = found.get(shape.path, Counter({StepStatus.PENDING.value: 1}))
    status = next((state for state in _TELLING if counts[state]), "")
    several = counts.total() > 1
    note = ", ".join(f"{counts[state]} {state}" for state in _TELLING if counts[state])
    return replace(
        shape,
        status=status or next(iter(counts)),
        note=note if several else "",
        compartments=tuple(
            Compartment(part.title, tuple(_marked(child, found) for child in part.shapes))
            for part in shape.compartments
        ),
    )
