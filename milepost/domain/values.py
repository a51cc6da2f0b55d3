"""JSON values: their types, canonical bytes, hashes and limits."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import NewType, TypeAlias, TypeGuard

import orjson

from .errors import LimitError, ValidationError

JsonScalar: TypeAlias = str | int | float | bool | None
Json: TypeAlias = "JsonScalar | list[Json] | dict[str, Json]"
ContentHash = NewType("ContentHash", str)
"""`sha256:` and 64 hexadecimal digits over canonical bytes."""

MAX_JSON_DEPTH = 64
MAX_JSON_BYTES = 64 * 1024 * 1024
_ONLY_JSON = "use only text, numbers, booleans, null, lists and objects with text keys"


def canonical_bytes(value: Json) -> bytes:
    """Return the one JSON text of `value`: sorted keys, UTF-8, no spaces.

    Raises `ValidationError` for what JSON cannot hold (NaN, infinities, lone surrogates,
    integers beyond 64 bits, other Python types) and `LimitError` for what is too large or deep.
    """
    refuse_unrepresentable(value)
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise ValidationError(f"the value is not JSON ({error})", mend=_ONLY_JSON) from error
    if len(data) > MAX_JSON_BYTES:
        raise LimitError("the size of one value in bytes", allowed=MAX_JSON_BYTES, given=len(data))
    return data


def content_hash(value: Json) -> ContentHash:
    """Return the content address of `value`: SHA-256 over its canonical bytes."""
    return hash_of(canonical_bytes(value))


def hash_of(data: bytes) -> ContentHash:
    """Return the content address of canonical bytes."""
    return ContentHash("sha256:" + hashlib.sha256(data).hexdigest())


def refuse_unrepresentable(value: Json) -> None:
    """Raise for what has no JSON text, and for too many or too deeply nested values.

    Raises `ValidationError` for NaN, infinities and Python types without a JSON text.
    """
    if value.__class__ in _PLAIN:
        return
    level: list[Json] = [value]
    left = MAX_JSON_BYTES // 2
    for _depth in range(MAX_JSON_DEPTH + 1):
        inner = [item for item in level if item.__class__ not in _PLAIN and _holds_values(item)]
        left -= sum(len(item) for item in inner)
        if left < 0:
            raise LimitError("the size of one value in bytes", allowed=MAX_JSON_BYTES, given="more")
        level = [child for item in inner for child in _held(item)]
        if not level:
            return
    raise LimitError("the depth of a value", allowed=MAX_JSON_DEPTH, given="more")


def copied(value: Json) -> Json:
    """Return an equal value that shares nothing changeable; tuples become lists."""
    if value.__class__ in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list | tuple) else value


_PLAIN = frozenset({str, int, bool, type(None)})


def _holds_values(value: Json) -> TypeGuard[list[Json] | dict[str, Json]]:
    """Tell whether a value is a list or an object; raise if it is nothing that JSON has."""
    if isinstance(value, list | tuple | Mapping):
        return True
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(
            f"{value} is not JSON", mend="replace NaN and infinities by null or by text"
        )
    if not isinstance(value, str | int | float):
        raise ValidationError(
            f"a value of the type {type(value).__name__} is not JSON", mend=_ONLY_JSON
        )
    return False


def _held(value: list[Json] | dict[str, Json]) -> Iterable[Json]:
    return value.values() if isinstance(value, Mapping) else value
