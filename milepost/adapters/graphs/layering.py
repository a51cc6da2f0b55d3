"""Layers of a graph: who stands in which row, and in which order, so that few arrows cross."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import pairwise

MAX_BENDS = 2_000
"""Most bends that arrows over several layers get; beyond it they are drawn straight."""
OUTSIDE = -1
"""The source of an arrow that comes from above the first layer."""
_SWEEPS = 4


@dataclass(slots=True)
class Layered:
    """A graph whose every link joins neighbouring layers.

    Nodes from `real` on are bends of longer arrows; `bends` lists them by arrow.
    """

    real: int
    layers: list[list[int]]
    above: list[list[int]]
    below: list[list[int]]
    bends: dict[tuple[int, int], list[int]] = field(default_factory=dict)


def layered(count: int, arrows: Sequence[tuple[int, int]], *, widest: int) -> Layered:
    """Return the nodes 0 to `count` - 1 in layers of at most `widest`, in a good order.

    `arrows` are pairs of nodes without circles; each leads to a later layer. One from `OUTSIDE`
    passes all layers above its target, and does not draw the target to its side.
    """
    level = _levels(count, arrows)
    groups: list[list[int]] = [[] for _ in range(max(level, default=-1) + 1)]
    for node in range(count):
        groups[level[node]].append(node)
    layers = [
        group[start : start + widest] for group in groups for start in range(0, len(group), widest)
    ]
    graph = Layered(count, layers, [[] for _ in range(count)], [[] for _ in range(count)])
    full = {number for number, layer in enumerate(layers) if len(groups[level[layer[0]]]) > widest}
    _link(graph, arrows, full)
    for sweep in range(_SWEEPS):
        _sweep(graph, down=sweep % 2 == 0)
    return graph


def _levels(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """Return for each node the length of the longest way to it."""
    parents: dict[int, set[int]] = {node: set() for node in range(count)}
    for source, target in arrows:
        if source != OUTSIDE:
            parents[target].add(source)
    level = [0] * count
    for node in TopologicalSorter(parents).static_order():
        level[node] = max((level[parent] + 1 for parent in parents[node]), default=0)
    return level


def _link(graph: Layered, arrows: Sequence[tuple[int, int]], full: Container[int]) -> None:
    """Join the nodes; an arrow over several layers gets a bend in each, unless one is full."""
    place = {node: number for number, layer in enumerate(graph.layers) for node in layer}
    place[OUTSIDE] = -1
    spare = MAX_BENDS
    for source, target in dict.fromkeys(arrows):
        between = range(place[source] + 1, place[target])
        spare -= len(between)
        bent = spare >= 0 and not any(number in full for number in between)
        chain = [source]
        for number in between if bent else ():
            chain.append(len(graph.above))
            graph.above.append([])
            graph.below.append([])
            graph.layers[number].append(chain[-1])
        chain.append(target)
        graph.bends[source, target] = chain[1:-1]
        for upper, lower in pairwise(chain[1:] if source == OUTSIDE else chain):
            graph.below[upper].append(lower)
            if (source, lower) != (OUTSIDE, target):
                graph.above[lower].append(upper)


def _sweep(graph: Layered, *, down: bool) -> None:
    """Order each layer by the middle of its neighbours in the layer before it."""
    neighbours = graph.above if down else graph.below
    layers = graph.layers if down else graph.layers[::-1]
    order: dict[int, int] = {}
    for layer in layers:
        own = {node: float(number) for number, node in enumerate(layer)}
        for node in layer:
            known = [order[other] for other in neighbours[node] if other in order]
            if known:
                own[node] = sum(known) / len(known)
        layer.sort(key=own.__getitem__)
        order.update((node, number) for number, node in enumerate(layer))
