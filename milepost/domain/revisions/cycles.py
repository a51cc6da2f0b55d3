"""Cycles of dependencies broken, by leaving out the edges that were written last."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from milepost.domain.ids import StepPath
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import DependencyType, StepSpec

from .acyclic import AcyclicGraph, likely_order
from .apply import apply
from .changes import Edge, PlanDiff
from .tree import TOP, Place, Steps, lists_of

_Moment: TypeAlias = tuple[str, bool]
"""The start (False) or the end (True) of the step at a path."""


class _Wait(NamedTuple):
    """A written edge, with the path of the step that its source means."""

    edge: Edge
    source: StepPath


def remove_cycles(spec: PlanSpec) -> tuple[PlanSpec, tuple[Edge, ...]]:
    """Return the plan without cycles, and the edges that were left out, in file order.

    An edge is left out only if it closes a cycle with edges that were written before it and stay,
    also where the cycle leads through containers. Whether dependencies exist is not checked.
    """
    found = _Waits()
    found.collect(spec.steps, TOP, ChainMap())
    graph = AcyclicGraph(likely_order(found.waits()))
    for earlier, later in found.nesting:
        graph.add(earlier, later)
    gone = tuple(
        wait.edge
        for wait in found.written
        if wait.source == wait.edge.target
        or not graph.add((wait.source, True), (wait.edge.target, False))
    )
    return apply(spec, PlanDiff(removed_edges=gone)), gone


class _Waits:
    """What the starts and ends of all steps of a plan wait for."""

    def __init__(self) -> None:
        self.nesting: list[tuple[_Moment, _Moment]] = []
        """A step ends after its start and after its children's ends."""
        self.written: list[_Wait] = []

    def collect(self, steps: Steps, place: Place, scope: ChainMap[str, StepPath]) -> None:
        """Add the steps of one list and all below; `scope` maps the ids in sight to paths."""
        visible = scope.new_child({step.id: place.path(step.id) for step in steps})
        for step in steps:
            path = visible[step.id]
            self.nesting.append(((path, False), (path, True)))
            if place.container:
                self.nesting.append(((path, True), (place.container, True)))
            self.written += _written(step, path, visible)
            for inner, children in lists_of(step, path):
                self.collect(children, inner, visible)

    def waits(self) -> dict[_Moment, list[_Moment]]:
        """Return for every start and end what it waits for."""
        waits: dict[_Moment, list[_Moment]] = defaultdict(list)
        for earlier, later in self.nesting:
            waits[later].append(earlier)
            waits.setdefault(earlier, [])
        for wait in self.written:
            waits[wait.edge.target, False].append((wait.source, True))
        return dict(waits)


def _written(step: StepSpec, path: StepPath, visible: Mapping[str, StepPath]) -> Iterator[_Wait]:
    """Yield the edges that make a step wait; one on the step itself is of no type allowed."""
    for dependency in step.depends_on:
        source = visible.get(dependency.step)
        waits = source == path or dependency.type is not DependencyType.PARALLEL
        if source is not None and waits:
            yield _Wait(Edge.of(dependency, target=path), source)
