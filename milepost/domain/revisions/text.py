"""What differs between two plans, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from milepost.domain.steps import StepKind, StepSpec

from .changes import Edge, PlanDiff
from .words import printable, shortened, told


class Line(NamedTuple):
    """One line: `sign` is `+`, `-`, `~`, or a space where nothing differs."""

    sign: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


def lines(found: PlanDiff) -> list[Line]:
    """Return the differences, one line for each step and edge; at least one line."""
    told_all = [*_plan(found), *_steps(found), *_edges(found)]
    return told_all or [Line(" ", "no differences")]


def _plan(found: PlanDiff) -> Iterator[Line]:
    for name, change in found.fields.items():
        yield Line("~", told({name: change}))
    for name, change in found.settings.items():
        yield Line("~", told({name: change}, within="settings"))


def _steps(found: PlanDiff) -> Iterator[Line]:
    for removed in found.removed:
        yield Line("-", f"step {printable(removed.path)}")
    for added in found.added:
        yield Line("+", printable(f"step {added.path} ({_what(added.step)})"))
    for path, changed in found.changed.items():
        yield Line("~", f"step {printable(path)}: {told(changed)}")
    for moved in found.moved:
        where = "to the front" if moved.after is None else f"after {shortened(moved.after)}"
        yield Line("~", printable(f"step {moved.path}: moved {where}"))


def _what(step: StepSpec) -> str:
    """Say what kind of step it is and what is in it."""
    if step.kind is StepKind.TOOL_CALL:
        return f"tool {shortened(step.tool or '')}"
    if step.kind is StepKind.BRANCH:
        return f"branch of {len(step.cases)} cases"
    if step.is_container:
        return f"{step.kind} of {len(step.steps)} steps"
    return step.kind.value


def _edges(found: PlanDiff) -> Iterator[Line]:
    for edge in found.removed_edges:
        yield Line("-", _edge(edge.source, edge.target))
    for edge in found.added_edges:
        yield Line("+", _edge(edge.source, edge.target) + _attributes(edge))
    for changed in found.changed_edges:
        yield Line("~", f"{_edge(changed.source, changed.target)}: {told(changed.changed)}")


def _edge(source: str, target: str) -> str:
    return printable(f"edge {shortened(source)} -> {target}")


def _attributes(edge: Edge) -> str:
    """Return what an edge has beside its ends, where that is not the default."""
    given = edge.model_dump(mode="json", exclude_defaults=True, exclude={"source", "target"})
    listed = ", ".join(f"{name} {shortened(str(value))}" for name, value in given.items())
    return printable(f" ({listed})") if listed else ""
