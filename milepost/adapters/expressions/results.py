"""From an evaluation's result to JSON: maps sorted, what JSON cannot hold refused."""

from __future__ import annotations

import math

from milepost.domain.errors import ExpressionError
from milepost.domain.values import Json

_KINDS = {
    "datetime": ("a timestamp", "wrap it in string()"),
    "timedelta": ("a duration", "wrap it in string()"),
    "bytearray": ("bytes", "use a text"),
    "bytes": ("bytes", "use a text"),
    "Type": ("a type", "compare it, for example `type(x) == int`"),
}


def as_json(value: object) -> Json:
    """Return `value` with maps in the order of their keys (which differs between processes).

    Raises `ExpressionError` for NaN, infinities, keys that are not text, and other types.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return _object(value)
    kind, mend = _KINDS.get(type(value).__name__, (f"a {type(value).__name__}", ""))
    raise ExpressionError(f"the result holds {kind}, which is not JSON", mend=mend)


def _finite(value: float) -> float:
    if math.isfinite(value):
        return value
    raise ExpressionError(f"the result holds {value}, which is not JSON", mend="check the division")


def _object(value: dict[object, object]) -> Json:
    names = [name for name in value if isinstance(name, str)]
    if len(names) != len(value):
        raise ExpressionError(
            "the result is a map with keys that are not text", mend="wrap the keys in string()"
        )
    return {name: as_json(value[name]) for name in sorted(names)}
