"""`time.now`: the time, in a time zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from milepost.domain.errors import ExecutionError
from milepost.engine.tooling import Tool

from .decorator import tool


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as text with its offset, its date and time of day, and seconds since 1970."""

    iso: str
    date: str
    time: str
    zone: str
    unix: float


def clock_tools(now: Callable[[], datetime]) -> list[Tool]:
    """Return the clock; `now` gives an aware time."""

    @tool(name="time.now", effect="read")
    async def tell_time(zone: str = "UTC") -> Moment:
        """Tell the time in a time zone such as UTC or Asia/Seoul."""
        moment = now().astimezone(_zone(zone))
        return Moment(
            iso=moment.isoformat(timespec="seconds"),
            date=moment.date().isoformat(),
            time=moment.time().isoformat(timespec="seconds"),
            zone=zone,
            unix=moment.timestamp(),
        )

    return [tell_time]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        message = f"zone {name!r}: is not a time zone; use a name such as UTC or Asia/Seoul"
        raise ExecutionError(message, code="invalid_argument", retryable=False) from error
