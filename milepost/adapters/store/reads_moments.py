"""Moments: positions, and times turned into them."""

from __future__ import annotations

from datetime import datetime

from milepost.domain.errors import LimitError, ValidationError
from milepost.projections.reader import LARGEST_PAGE
from milepost.projections.views import AsOf

from .asking import Asking, select
from .times import microseconds

NEWEST = 2**63 - 1
"""A position beyond all."""

_AT = """WITH RECURSIVE search (low, high) AS (
    SELECT 0, (SELECT coalesce(max(rowid), 0) FROM stored_events)
    UNION ALL
    SELECT iif(found.time <= ?1, (low + high + 1) / 2, low),
           iif(found.time <= ?1, high, (low + high + 1) / 2 - 1)
    FROM search JOIN stored_events AS found ON found.rowid = (low + high + 1) / 2
    WHERE low < high)
  SELECT low FROM search WHERE low = high"""


_LAST = "SELECT coalesce(max(rowid), 0) FROM stored_events"


def position_at(time: int) -> Asking[int]:
    """Return the last position not after a time in microseconds, 0 if there is none."""
    rows = yield from select(_AT, time)
    position: int = rows[0][0]
    return position


def bound(as_of: AsOf) -> Asking[int]:
    """Return the position that a moment means; `NEWEST` for now.

    A time to come means now; a position that is not there yet is refused.
    """
    if as_of is None:
        return NEWEST
    if isinstance(as_of, datetime):
        return (yield from position_at(microseconds(as_of)))
    if not isinstance(as_of, int):
        raise ValidationError(f"{as_of!r} is no moment", mend="give a position or an aware time")
    if as_of < 0:
        raise ValidationError(f"{as_of} is no position", mend="positions count from 1")
    last = (yield from select(_LAST))[0][0]
    if as_of > last:
        raise ValidationError(
            f"there is no position {as_of} yet, the last one is {last}",
            mend="leave it out for the present",
        )
    return as_of


def checked(limit: int) -> int:
    """Return a page's limit; raise for one that makes no sense."""
    if limit < 1:
        raise ValidationError(f"a page of {limit} makes no sense", mend="give a limit from 1")
    if limit > LARGEST_PAGE:
        raise LimitError("the limit of a page", allowed=LARGEST_PAGE, given=limit)
    return limit
