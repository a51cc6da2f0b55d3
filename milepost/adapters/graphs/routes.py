"""The way of each arrow over a picture: past the boxes and texts, never through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .boxes import CELL, LINE, PADDING, Box, Picture
from .drawing import Arrow
from .labels import cells
from .placement import Point
from .ways import owner_of, way_in

BESIDE_TEXT = 6.0


@dataclass(frozen=True, slots=True)
class Route:
    """The points of an arrow, from its source to its target; its label is to be put at `label`.

    `label` is the number of the point at which the part that leads to the target begins.
    """

    points: tuple[Point, ...]
    label: int


def route_of(arrow: Arrow, picture: Picture, boxes: Mapping[str, Box]) -> Route:
    """Return the way of an arrow, downwards; it leaves and enters every point upright."""
    first, *inner = way_in(arrow.source, arrow.target)
    turned = picture.bends.get((first, arrow.source))
    if turned is not None:
        return _route([_bottom(boxes[first]), *turned, _top(boxes[arrow.source])])
    entries = [point for path in inner for point in _entry(path, picture, boxes)]
    ends = [*entries, _top(boxes[arrow.target])]
    if first == arrow.source:
        return _route(ends)
    bends = picture.bends.get((arrow.source, first), [])
    return _route([_bottom(boxes[arrow.source]), *bends, ends[0]], ends[1:])


def _route(points: Sequence[Point], inside: Sequence[Point] = ()) -> Route:
    return Route((*points, *inside), len(points) - 2)


def _entry(path: str, picture: Picture, boxes: Mapping[str, Box]) -> Iterator[Point]:
    """Yield the points from the top of the container of a shape to the shape's own list."""
    entry = picture.entries[path]
    wished = entry.bends[0].x if entry.bends else _top(boxes[path]).x
    owner = boxes[owner_of(path)]
    caption = entry.corner.x + cells(entry.caption) * CELL + BESIDE_TEXT
    beside = max(wished, caption) if entry.caption else wished
    text = max(cells(line) for line in owner.lines) * CELL
    across = max(beside, owner.corner.x + PADDING + text + BESIDE_TEXT)
    yield Point(across, owner.corner.y)
    yield Point(across, owner.corner.y + PADDING + len(owner.lines) * LINE)
    yield Point(beside, entry.corner.y)
    if entry.caption:
        yield Point(beside, entry.corner.y + LINE)
    yield from entry.bends


def _top(box: Box) -> Point:
    return Point(box.corner.x + box.size.width / 2, box.corner.y)


def _bottom(box: Box) -> Point:
    return Point(box.corner.x + box.size.width / 2, box.corner.y + box.size.height)
