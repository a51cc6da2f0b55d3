"""The order that a plan's edges ask for: no circles, the longest paths, and a strategy."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import groupby

from milepost.domain.errors import ValidationError
from milepost.domain.graph import Graph, cycle_error
from milepost.domain.plans import PlanSpec, Scheduling
from milepost.domain.steps import DependencyType

from .compiled import Group, Node


def refuse_cycles(nodes: Sequence[Node]) -> None:
    """Refuse circles that references or nesting close; a container ends after its children."""
    if all(_looks_back(node) for node in nodes):
        return
    waits: dict[tuple[int, bool], set[tuple[int, bool]]] = {}
    for node in nodes:
        begin = waits.setdefault((node.number, False), set())
        waits.setdefault((node.number, True), set()).add((node.number, False))
        begin.update(
            (edge.source.number, True)
            for edge in node.edges
            if edge.kind is not DependencyType.PARALLEL
        )
        if node.group.owner is not None:
            begin.add((node.group.owner.number, False))
            waits.setdefault((node.group.owner.number, True), set()).add((node.number, True))
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        numbers = [number for number, _end in reversed(error.args[1])]
        names = [nodes[number].spec.id for number, _same in groupby(numbers)]
        raise cycle_error(names) from None


def _looks_back(node: Node) -> bool:
    """Tell whether all that a step waits for ends before it in the order of the file."""
    return all(
        edge.source.number < node.number
        and (edge.source.group is node.group or not edge.source.groups)
        for edge in node.edges
    )


def refuse_large_demands(spec: PlanSpec, nodes: Sequence[Node]) -> None:
    """Refuse steps that could never start because they need more than there is."""
    for node in nodes:
        for name, amount in node.spec.resources.items():
            there_is = spec.settings.resources.get(name, amount)
            if amount > there_is:
                raise ValidationError(
                    f"it needs {amount} of the resource {name!r}, of which there is {there_is}",
                    where=f"step {node.spec.id!r}",
                    mend="ask for less, or raise the amount in `settings.resources`",
                )


def measure_paths(group: Group) -> None:
    """Set how much estimated time follows each step of a group, itself included."""
    members = {node.spec.id: node for node in group.nodes}
    graph = _graph(group)
    for name in reversed(graph.order()):
        estimate = members[name].spec.estimated_duration
        members[name].path_left += estimate.total_seconds() if estimate else 1.0
        for parent in graph.parents[name]:
            waiting = members[parent]
            waiting.path_left = max(waiting.path_left, members[name].path_left)


def _graph(group: Group) -> Graph:
    return Graph(
        {
            node.spec.id: tuple(
                edge.source.spec.id
                for edge in node.edges
                if edge.source.group is group and edge.kind is not DependencyType.PARALLEL
            )
            for node in group.nodes
        }
    )


def strategy_of(spec: PlanSpec, root: Group) -> Scheduling:
    """Choose by the edges: none is parallel, a single chain is serial, all else is a dag."""
    if spec.settings.scheduling is not Scheduling.AUTO:
        return spec.settings.scheduling
    levels = _graph(root).levels()
    if len(levels) == 1 and len(levels[0]) > 1:
        return Scheduling.PARALLEL
    if all(len(level) == 1 for level in levels) and not _has_children(root):
        return Scheduling.SERIAL
    return Scheduling.DAG


def _has_children(root: Group) -> bool:
    """Tell whether a top-level step has children, which may run side by side."""
    return any(node.groups for node in root.nodes)
