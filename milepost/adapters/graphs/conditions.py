"""Where the conditions of arrows are written: each on its own arrow, none over another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .drawing import Arrow
from .placement import Point
from .routes import Route
from .ways import label_text, label_width

LABEL_HEIGHT = 17.0
_TRIES = 24
_FIRST, _LAST = 0.12, 0.78
"""Between which parts of the way from the last bend to the target a text may stand."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A text of a width, and the point on its arrow that is its middle."""

    text: str
    width: float
    middle: Point

    def meets(self, other: Condition) -> bool:
        """Tell whether two texts overlap."""
        across = abs(self.middle.x - other.middle.x) < (self.width + other.width) / 2
        return across and abs(self.middle.y - other.middle.y) < LABEL_HEIGHT


def conditions_on(routed: Iterable[tuple[Arrow, Route]]) -> list[Condition]:
    """Return the conditions of arrows, each as near to the middle of its last part as it fits."""
    rows: dict[int, list[Condition]] = {}
    found = []
    for arrow, route in routed:
        if arrow.label:
            condition = _free(label_text(arrow), label_width(arrow), route, rows)
            rows.setdefault(_row(condition), []).append(condition)
            found.append(condition)
    return found


def _free(text: str, width: float, route: Route, rows: dict[int, list[Condition]]) -> Condition:
    """Return a text where it overlaps none in `rows`, in the middle if there is no such place."""
    tries = [Condition(text, width, _inside(at, width)) for at in _places(route)]
    return next((one for one in tries if not _is_taken(one, rows)), tries[0])


def _inside(at: Point, width: float) -> Point:
    """Return the point, moved so that a text of that width does not begin left of the picture."""
    return Point(max(at.x, width / 2), at.y)


def _is_taken(one: Condition, rows: dict[int, list[Condition]]) -> bool:
    near = (rows.get(_row(one) + step, ()) for step in (-1, 0, 1))
    return any(one.meets(other) for row in near for other in row)


def _row(condition: Condition) -> int:
    return int(condition.middle.y // LABEL_HEIGHT)


def _places(route: Route) -> Iterator[Point]:
    """Yield points of the curve to the target, from its middle outwards."""
    begin, end = route.points[route.label : route.label + 2]
    parts = [_FIRST + (_LAST - _FIRST) * number / _TRIES for number in range(_TRIES + 1)]
    for part in sorted(parts, key=lambda part: abs(part - (_FIRST + _LAST) / 2)):
        turn = part * part * (3 - 2 * part)
        height = 1.5 * part * (1 - part) + part**3
        yield Point(begin.x + (end.x - begin.x) * turn, begin.y + (end.y - begin.y) * height)
