"""Times and durations, written short and read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from milepost.adapters.cli.given_numbers import number_of
from milepost.domain.errors import ValidationError

_MILLISECOND = 0.001
_SECOND = 0.9995
"""From here on a duration is written in seconds: less would be rounded up to `1000ms`."""
_TEN_SECONDS = 10.0
_MINUTE = 60.0
_HOUR = 3600.0
_DAY = 86400.0


def duration(value: timedelta | None) -> str:
    """Return a duration in the unit that fits: `850µs`, `12ms`, `3.42s`, `2m 05s`, `1d 3h`."""
    if value is None:
        return ""
    seconds = value.total_seconds()
    if seconds < 0:
        return f"-{duration(-value)}"
    if seconds < _MINUTE - 0.05:
        return _short(seconds)
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < _DAY:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600}h"


def _short(seconds: float) -> str:
    if seconds == 0:
        return "0s"
    if seconds < _MILLISECOND:
        return f"{seconds * 1e6:.0f}µs"
    if seconds < _SECOND:
        return f"{seconds * 1e3:.3g}ms"
    return f"{seconds:.3g}s" if seconds < _TEN_SECONDS else f"{seconds:.1f}s"


def moment(value: datetime | None) -> str:
    """Return a time in this computer's zone, to the second: `2026-11-21 06:13:09+01:00`."""
    return value.astimezone().isoformat(" ", timespec="seconds") if value else ""


def clock(value: datetime | None) -> str:
    """Return the time of day in this computer's zone, to the millisecond."""
    return value.astimezone().time().isoformat(timespec="milliseconds") if value else ""


def timestamp(value: datetime) -> str:
    """Return a time in this computer's zone as one word, to the millisecond."""
    return value.astimezone().replace(tzinfo=None).isoformat(timespec="milliseconds")


def clocks(values: Iterable[datetime]) -> Iterator[str]:
    """Yield times of day, with the date for the first and wherever it is another than before."""
    before: date | None = None
    for value in values:
        day = value.astimezone().date()
        yield clock(value) if day == before else f"{day} {clock(value)}"
        before = day


def as_of(text: str | None) -> int | datetime | None:
    """Read a past moment: a position, or a time as ISO 8601 writes it (local without a zone).

    Raises `ValidationError` for anything else.
    """
    if text is None:
        return None
    position = number_of(text, where="--as-of")
    if position is not None:
        return position
    return time_of(text, where="--as-of", kind="a position, or a time")


def time_of(text: str, *, where: str, kind: str = "a time") -> datetime:
    """Read a time as ISO 8601 writes it, local without a zone; raise `ValidationError`."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError(
            f"{text!r} is not {kind}", where=where, mend="write a time like 2026-01-31T09:00:00Z"
        ) from None
    try:
        return time.astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # at the ends of the calendar
        return time.replace(tzinfo=UTC)
