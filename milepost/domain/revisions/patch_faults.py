"""Why an operation of a patch does not apply, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from milepost.domain.nearest import suggestion
from milepost.domain.quoting import quoted
from milepost.domain.values import Json

_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
_WRITES_NEW = {"add", "move", "copy"}


class Fault(NamedTuple):
    """What is wrong with an operation."""

    problem: str
    mend: str


class Reached(NamedTuple):
    """How far a JSON pointer leads: the last value that is there, and the keys that lead on."""

    value: Json
    at: str
    missing: list[str]


def explained(document: Json, operation: object) -> Fault | None:
    """Return what is wrong with an operation that failed, None if nothing can be said."""
    if not isinstance(operation, Mapping):
        return None
    name = operation.get("op")
    if name not in _OPERATIONS:
        mend = suggestion(str(name), _OPERATIONS, kind="operations")
        return Fault(f"{quoted(name)} is no operation", mend)
    for key in ("from", "path"):
        pointer = operation.get(key)
        if isinstance(pointer, str) and (not pointer or pointer.startswith("/")):
            found = reached(document, pointer)
            holds_keys = isinstance(found.value, dict | list)
            may_be_new = holds_keys and key == "path" and name in _WRITES_NEW
            if len(found.missing) > may_be_new:
                return _nothing_there(found)
    return None


def reached(document: Json, pointer: str) -> Reached:
    """Follow a JSON pointer as far as it leads."""
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    value, at = document, ""
    for number, key in enumerate(keys):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key[:9]) < len(value):
            value = value[int(key)]
        else:
            return Reached(value, at, keys[number:])
        at = "/".join(pointer.split("/")[: number + 2])
    return Reached(value, at, [])


def _nothing_there(found: Reached) -> Fault:
    problem = f"there is no {quoted(found.missing[0])} at {quoted(found.at)}"
    if isinstance(found.value, dict):
        return Fault(problem, suggestion(found.missing[0], found.value, kind="keys"))
    if isinstance(found.value, list):
        return Fault(problem, f"the list there has {len(found.value)} items, counted from 0")
    return Fault(problem, "what is there is neither an object nor a list")
