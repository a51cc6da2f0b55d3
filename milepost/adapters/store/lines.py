"""Rows of the log as lines: decoded only where the row functions read an event's data."""

from __future__ import annotations

from typing import Any

from milepost.domain.events import EVENT_TYPES, StepStarted
from milepost.projections.outlines import Outline, PlacedLine, outline

from .codec import Codec, Row

_NEVER_READ = ", ".join(f"'{kind}'" for kind in sorted(EVENT_TYPES) if outline(kind, "", 1))
LINE = f"""e.rowid, e.originator_id, e.originator_version, e.topic,
  CASE WHEN e.topic IN ({_NEVER_READ}) THEN NULL ELSE e.state END, e.time"""
"""The columns of a line; the data that nothing is read of stays in the file."""
_ATTEMPT = b'"attempt":'


def outline_of(row: tuple[Any, ...]) -> Outline | None:
    """Return the outline of a row of `LINE`, None if its data must be decoded."""
    _position, stream, version, kind, state, _time = row
    if state is None:
        return outline(kind, stream, version)
    if kind == StepStarted.kind and _ATTEMPT not in state:
        return Outline(kind, stream, version)
    return None


def line_of(codec: Codec, row: tuple[Any, ...]) -> PlacedLine:
    """Return the line of a row of `LINE`; raise `StoreFormatError` if it cannot be read."""
    return PlacedLine(row[0], outline_of(row) or codec.decode(Row(*row[1:])))
