"""Durations as people write them: `5m`, `1h30m`, `100ms`, `PT5M`, or seconds as a number."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from .errors import ValidationError
from .quoting import quoted

MAX_DURATION = timedelta(days=3650)

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)", re.ASCII)
_PARTS = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_PLAIN_SECONDS = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_ISO = re.compile(
    r"P(?:(?P<w>\d+(?:\.\d+)?)W)?(?:(?P<d>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)


def parse_duration(value: object) -> timedelta:
    """Return the duration that `value` writes.

    Reads units (`1h30m`, `100ms`), ISO 8601 (`PT5M`) and bare seconds (`2`, `0.5`, `"2"`).
    Raises `ValidationError` for anything else, for negative ones and for over ten years.
    """
    if isinstance(value, timedelta):
        seconds: float = value.total_seconds()
    elif isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _unreadable(value)
    else:
        seconds = _seconds(value.strip()) if isinstance(value, str) else value
    if not 0 <= seconds <= MAX_DURATION.total_seconds():
        raise ValidationError(
            f"{quoted(value)} is out of range for a duration", mend="use one from 0 to 10 years"
        )
    return timedelta(seconds=seconds)


def format_duration(value: timedelta) -> str:
    """Return `value` in seconds as ISO 8601 writes it, for example `PT90S` or `PT0.1S`."""
    return f"PT{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "S"


def _seconds(text: str) -> float:
    if _PARTS.fullmatch(text):
        return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        return sum(float(number) * _SECONDS[unit] for unit, number in iso.groupdict("0").items())
    if _PLAIN_SECONDS.fullmatch(text):
        return float(text)
    raise _unreadable(text)


def _unreadable(value: object) -> ValidationError:
    return ValidationError(
        f"{quoted(value)} is not a duration", mend="write it like 30s, 5m, 1h30m, 100ms or PT5M"
    )


def _validate(value: object) -> timedelta:
    try:
        return parse_duration(value)
    except ValidationError as error:
        raise ValueError(str(error)) from error


_WRITTEN = {
    "anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}],
    "description": "A duration: 30s, 5m, 1h30m, 100ms, PT5M, or seconds as a number.",
}
Duration = Annotated[
    timedelta,
    BeforeValidator(_validate),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(_WRITTEN, mode="validation"),
    WithJsonSchema({"type": "string", "format": "duration"}, mode="serialization"),
]
"""A duration field: reads what `parse_duration` reads, writes ISO 8601."""
