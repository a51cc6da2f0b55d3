"""The ways of arrows through nested lists: which siblings they join, which containers they enter.

A step sees the steps of its own list and of those around it, so an arrow may lead into containers
and never out of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from milepost.domain.graph import Graph

from .drawing import Arrow, ArrowKind
from .labels import cells, cut

MOST_LABEL_CELLS = 40
LABEL_CELL = 7.3
"""Width of a character cell of a label, a little generous."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Links:
    """Arrows as the lists of a drawing see them, by the paths of their members."""

    waits: dict[str, list[str]] = field(default_factory=dict)
    """For each path those of its own list that it, or a step inside it, stands below."""
    overlaps: list[Pair] = field(default_factory=list)
    """Pairs of one list that may overlap, in no order."""
    entered: set[str] = field(default_factory=set)
    """Paths that an arrow from outside of their list leads to, or passes into."""
    labels: dict[Pair, list[float]] = field(default_factory=dict)
    """Widths of the labels on the arrows of a pair."""


def links_of(arrows: Sequence[Arrow]) -> Links:
    """Return what arrows mean to each list."""
    links = Links()
    for arrow in arrows:
        first, *inner = way_in(arrow.source, arrow.target)
        links.entered.update(inner)
        if first == arrow.source:
            continue
        pair = (arrow.source, first)
        if arrow.kind is ArrowKind.OVERLAPS:
            links.overlaps.append(pair)
        else:
            links.waits.setdefault(first, []).append(arrow.source)
        if arrow.label:
            links.labels.setdefault(pair, []).append(label_width(arrow))
    return links


def way_in(source: str, target: str) -> list[str]:
    """Return the path beside the source (or the source itself), then all down to the target."""
    beside = _list_of(source)
    way = [target]
    while way[-1] != source and _list_of(way[-1]) != beside:
        way.append(owner_of(way[-1]))
    return way[::-1]


def arrows_within(paths: Sequence[str], links: Links) -> list[Pair]:
    """Return the arrows between the members of one list, none of them part of a circle.

    One that only overlaps goes by the order of the others, whichever end it was written at.
    """
    known = set(paths)
    parents = {
        path: tuple(name for name in dict.fromkeys(links.waits.get(path, ())) if name in known)
        for path in paths
    }
    arrows = [(name, path) for path, names in parents.items() for name in names]
    loose = [pair for pair in links.overlaps if known.issuperset(pair)]
    if loose:
        place = {path: number for number, path in enumerate(Graph(parents).order())}
        arrows += [
            (one, other) if place[one] < place[other] else (other, one) for one, other in loose
        ]
    return list(dict.fromkeys(arrows))


def label_widths(arrow: Pair, labels: Mapping[Pair, Sequence[float]]) -> list[float]:
    """Return the widths of the labels between two siblings, whichever way they were written."""
    return [*labels.get(arrow, ()), *labels.get(arrow[::-1], ())]


def label_text(arrow: Arrow) -> str:
    """Return an arrow's condition, cut to what a picture has room for."""
    return cut(arrow.label, MOST_LABEL_CELLS)


def label_width(arrow: Arrow) -> float:
    """Return how wide an arrow's label is drawn."""
    return cells(label_text(arrow)) * LABEL_CELL


def _list_of(path: str) -> str:
    """Return what the paths of one list begin with."""
    return path.rpartition(".")[0]


def owner_of(path: str) -> str:
    """Return the path of the container that a step lies in, without the number of a case."""
    owner = _list_of(path)
    return owner.rpartition("[")[0] if owner.endswith("]") else owner
