"""Values and their changes in words: short, on one line, without what a terminal would obey."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice, takewhile

from milepost.domain.durations import parse_duration
from milepost.domain.errors import ValidationError
from milepost.domain.paths import Keys, written
from milepost.domain.values import Json

from .changes import Change
from .sameness import same

LONGEST_VALUE = 80
MOST_PARTS = 20
"""Changes that one line tells; it says how many more there are."""

_BEFORE_DIFFERENCE = 20
"""Characters shown before the first that differs, where long values begin alike."""
_WITH_DURATIONS = {
    *("timeout", "attempt_timeout", "estimated_duration", "wait_for", "max_execution_time"),
    *("retry", "default_retry"),
}
"""Fields that hold durations, or objects with some."""
_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


def told(changes: Mapping[str, Change], *, within: str = "") -> str:
    """Return changes in words: `timeout 30s -> 1m; input.query "a" -> "b"`.

    `within` is what all the names are in, for example `settings`.
    """
    parts = (
        f"{within}{'.' if within else ''}{part}"
        for name, change in changes.items()
        for part in _differences((name,), change.old, change.new)
    )
    text = "; ".join(islice(parts, MOST_PARTS))
    more = sum(1 for _ in parts)
    return printable(f"{text}; and {more} more" if more else text)


def printable(text: str) -> str:
    """Return text with control characters and the like written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _differences(keys: Keys, old: Json, new: Json) -> Iterator[str]:
    """Yield what differs; two objects are compared key by key."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old | new:
            if key not in new:
                yield f"{written((*keys, key))} {_shown((*keys, key), old[key])} -> none"
            elif key not in old:
                yield f"{written((*keys, key))} none -> {_shown((*keys, key), new[key])}"
            elif not same(old[key], new[key]):
                yield from _differences((*keys, key), old[key], new[key])
    else:
        before, after = _beside(_text(keys, old), _text(keys, new))
        yield f"{written(keys)} {before} -> {after}"


def _shown(keys: Keys, value: Json) -> str:
    return shortened(_text(keys, value))


def _beside(old: str, new: str) -> tuple[str, str]:
    """Return two texts so short that both fit and their first difference is seen."""
    if max(len(old), len(new)) > LONGEST_VALUE:
        alike = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))
        )
        start = alike - _BEFORE_DIFFERENCE
        if start > 0:
            old, new = f"…{old[start:]}", f"…{new[start:]}"
    return shortened(old), shortened(new)


def shortened(text: str) -> str:
    """Return text of at most 80 characters."""
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _text(keys: Keys, value: Json) -> str:
    if value is None and len(keys) == 1:
        return "none"
    if isinstance(value, str) and keys[0] in _WITH_DURATIONS:
        return _duration(value)
    return json.dumps(value, ensure_ascii=False)


def _duration(text: str) -> str:
    """Return a duration as people write it, `1m30s`; any other text in quotes."""
    try:
        left = parse_duration(text) / timedelta(milliseconds=1)
    except ValidationError:
        return json.dumps(text, ensure_ascii=False)
    parts = []
    for unit, size in _UNITS.items():
        number, left = divmod(left, size) if unit != "ms" else (left, 0)
        if number:
            parts.append(f"{number:g}{unit}")
    return "".join(parts) or "0s"
