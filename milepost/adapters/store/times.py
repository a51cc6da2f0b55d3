"""Times as whole microseconds since 1970, the way they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from milepost.domain.errors import ValidationError

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MILLION = 1_000_000


@lru_cache(maxsize=64)  # the events of a save share one time
def microseconds(time: datetime) -> int:
    """Return an aware time as microseconds since 1970; raise `ValidationError` if it is naive."""
    if time.tzinfo is None:
        raise ValidationError(f"the time {time} has no zone", mend="use an aware time")
    since = time - _BEGINNING
    return (since.days * 86_400 + since.seconds) * _MILLION + since.microseconds


def moment(time: int) -> datetime:
    """Return the aware time of so many microseconds since 1970."""
    return _BEGINNING + timedelta(microseconds=time)


def iso(time: int) -> str:
    """Return the same time as RFC 3339 text, which costs less than formatting a datetime."""
    seconds, rest = divmod(time, _MILLION)
    return f"{_second(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return (_BEGINNING + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
