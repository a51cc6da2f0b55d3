"""Events of which only what their row's columns say is known: enough for most row functions."""

from __future__ import annotations

from typing import NamedTuple

from milepost.domain.events import EVENT_TYPES

from .codes import unversioned
from .folding import NEEDS_DATA
from .prior import Line

_CURRENT = {unversioned(kind): kind for kind in EVENT_TYPES} | {kind: kind for kind in EVENT_TYPES}


class Outline(NamedTuple):
    """An event whose data is at its defaults, its kind in the version that is written today."""

    kind: str
    originator_id: str
    originator_version: int
    attempt: int = 1
    """A `StepStarted`'s; others have none."""


class PlacedLine(NamedTuple):
    """A line with its position."""

    position: int
    event: Line


def outline(kind: str, stream: str, version: int) -> Outline | None:
    """Return the outline of an event, None if row functions read its data or do not know it."""
    current = _CURRENT.get(kind) or _CURRENT.get(unversioned(kind))
    if current is None or current in NEEDS_DATA:
        return None
    return Outline(current, stream, version)
