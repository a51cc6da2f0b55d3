"""Whether two values of a plan are written alike.

Python holds 1, 1.0 and True for equal, and one moment in two zones: as JSON they are different.
"""

from __future__ import annotations

import json
from datetime import datetime

import orjson
from pydantic import BaseModel

from milepost.domain.policies import RetryPolicy
from milepost.domain.steps import Dependency


def same(old: object, new: object) -> bool:
    """Tell whether two values have the same JSON text; the order of an object's keys is nothing."""
    kind = old.__class__
    if old is new or kind is not new.__class__:
        return old is new
    if kind in _LOOSE:
        return old == new and _text(old) == _text(new)
    if kind in _STRICT:
        return old.__dict__ == new.__dict__
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(map(same, old, new))
    if kind.__class__ is _MODEL:
        return _same_fields(old.__dict__, new.__dict__)
    return old == new


_MODEL = BaseModel.__class__
"""The class of all models' classes; `isinstance` takes ten times as long here."""
_LOOSE = {dict, list, float, datetime}
"""Types of which equal values may be written differently; what is in dicts and lists is JSON."""

_STRICT = {Dependency, RetryPolicy}
"""Models that hold nothing loose: their fields have one type each."""


def _same_fields(old: dict[str, object], new: dict[str, object]) -> bool:
    for name, value in old.items():
        other = new[name]
        if value is not other and not same(value, other):
            return False
    return True


def _text(value: object) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(value, sort_keys=True).encode()
