"""Where boxes of given sizes stand: layers below each other, each box near what it is joined to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from .layering import OUTSIDE, Layered, layered

GAP_ACROSS = 24.0
GAP_DOWN = 44.0
LABEL_DOWN = 20.0
"""Height of a line of labels in a gap."""
BEND = 8.0
WIDEST_LAYER = 12
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Size:
    """A width and a height."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Point:
    """A place, from the upper left corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Upper left corners of the boxes, the points between each arrow's ends, and the whole size.

    An arrow leaves its own layer upright, and passes upright through those that it crosses. One
    from `OUTSIDE` begins at the top of the first layer that it crosses.
    """

    corners: list[Point]
    bends: dict[tuple[int, int], list[Point]]
    size: Size


def placed(
    sizes: Sequence[Size],
    arrows: Sequence[tuple[int, int]],
    labels: Mapping[tuple[int, int], Sequence[float]] | None = None,
) -> Placed:
    """Return where boxes stand so that every arrow leads down and no two boxes overlap.

    `labels` are widths of texts on arrows, for which there is to be room before their targets.
    """
    graph = layered(len(sizes), arrows, widest=WIDEST_LAYER)
    widths = [size.width for size in sizes] + [BEND] * (len(graph.above) - len(sizes))
    centres = _centres(graph, widths)
    left = min((centres[node] - widths[node] / 2 for node in range(len(widths))), default=0.0)
    right = max((centres[node] + widths[node] / 2 for node in range(len(widths))), default=0.0)
    row = {node: number for number, layer in enumerate(graph.layers) for node in layer}
    tops, bottoms = _rows(graph, sizes, _gaps(graph, row, labels or {}, right - left))
    corners = [
        Point(centres[node] - size.width / 2 - left, tops[row[node]])
        for node, size in enumerate(sizes)
    ]
    bends = {
        arrow: [
            Point(centres[node] - left, edge[row[node]])
            for node, edge in _passed(arrow[0], nodes, tops, bottoms)
        ]
        for arrow, nodes in graph.bends.items()
    }
    return Placed(corners, bends, Size(right - left, max(bottoms, default=0.0)))


def _passed(
    source: int, nodes: Sequence[int], tops: Sequence[float], bottoms: Sequence[float]
) -> list[tuple[int, Sequence[float]]]:
    """Return the nodes that an arrow passes, each with the edge of its layer."""
    begin = [] if source == OUTSIDE else [(source, bottoms)]
    return begin + [(node, edge) for node in nodes for edge in (tops, bottoms)]


def _gaps(
    graph: Layered,
    row: Mapping[int, int],
    labels: Mapping[tuple[int, int], Sequence[float]],
    width: float,
) -> list[float]:
    """Return how much room each layer has below it: more where labels are."""
    inside: dict[int, list[float]] = {}
    for (source, target), widths in labels.items():
        last = [source, *graph.bends[source, target]][-1]
        inside.setdefault(row[last], []).extend(widths)
    lines = [0] * len(graph.layers)
    for number, found in inside.items():
        lines[number] = min(len(found), 1 + ceil(2 * sum(found) / width))
    return [GAP_DOWN + count * LABEL_DOWN for count in lines]


def _rows(
    graph: Layered, sizes: Sequence[Size], gaps: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return where each layer begins and where it ends."""
    tops: list[float] = []
    bottoms: list[float] = []
    for number, layer in enumerate(graph.layers):
        tops.append(bottoms[-1] + gaps[number - 1] if bottoms else 0.0)
        heights = [sizes[node].height for node in layer if node < graph.real]
        bottoms.append(tops[-1] + max(heights, default=0.0))
    return tops, bottoms


def _centres(graph: Layered, widths: Sequence[float]) -> list[float]:
    """Return the middle of each node: near its neighbours, in the order of its layer."""
    centres = [0.0] * len(widths)
    for layer in graph.layers:
        _settle(layer, widths, centres, [0.0] * len(layer))
    for turn in range(_ROUNDS):
        down = turn % 2 == 0
        neighbours = graph.above if down else graph.below
        for layer in graph.layers if down else reversed(graph.layers):
            wished = [
                _mean([centres[other] for other in neighbours[node]], centres[node])
                for node in layer
            ]
            _settle(layer, widths, centres, wished)
    return centres


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _settle(
    layer: Sequence[int], widths: Sequence[float], centres: list[float], wished: Sequence[float]
) -> None:
    """Put the nodes of a layer as near to their wishes as order and gaps allow.

    Pools of neighbours that would overlap take the mean of their wishes (isotonic regression).
    """
    offsets = [0.0]
    for left, right in pairwise(layer):
        offsets.append(offsets[-1] + (widths[left] + widths[right]) / 2 + GAP_ACROSS)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        total, count = wish - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            earlier = pools.pop()
            total, count = total + earlier[0], count + earlier[1]
        pools.append((total, count))
    fitted = [total / count for total, count in pools for _member in range(count)]
    for node, base, offset in zip(layer, fitted, offsets, strict=True):
        centres[node] = base + offset
