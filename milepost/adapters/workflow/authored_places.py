"""Where an author wrote a part of the plan: some keys of a file fill fields of another name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from milepost.domain.values import Json

from .keys import COMMON, INTO_INPUT, OF_KIND

_STEP = re.compile(r"(?:/workflow)?/(?:steps|fallback)/\d+(?:(?:/cases/\d+)?/steps/\d+)*")
_FIELDS = [pair for keys in (COMMON, *OF_KIND.values()) for pair in keys.items()]
_PARTS = [(key, part) for keys in INTO_INPUT.values() for key, (part, _) in keys.items()]


def authored_place(pointer: str, document: Json) -> str:
    """Return the pointer to what fills a part of the plan, for one that names the plan's fields.

    A pointer in the author's own keys stays as it is.
    """
    found = _STEP.match(pointer)
    step = _value_at(found[0], document) if found else None
    if found is None or not isinstance(step, dict):
        return pointer
    keys = pointer[found.end() :].split("/")[1:]
    return "/".join([found[0], *_authored_keys(keys, step)])


def _authored_keys(keys: Sequence[str], step: Mapping[str, Json]) -> Sequence[str]:
    if not keys:
        return keys
    field, *inside = keys
    if field == "input" and inside:
        return _keys_of_input(inside, step)
    if field == "depends_on" and inside and not isinstance(step.get(field), list):
        return [field, *inside[1:]]
    written = (key for key, name in _FIELDS if name == field and key in step)
    return [field if field in step else next(written, field), *inside]


def _keys_of_input(inside: Sequence[str], step: Mapping[str, Json]) -> Sequence[str]:
    """Return the keys to a part of the input, which may stand beside `input` or be all of it."""
    part, *rest = inside
    written = step.get("input")
    if isinstance(written, dict) and part in written:
        return ["input", *inside]
    beside = next((key for key, name in _PARTS if name == part and key in step), None)
    if beside is not None:
        return [beside, *rest]
    is_plain = part == "input" and written is not None and not isinstance(written, dict)
    return ["input", *rest] if is_plain else ["input", *inside]


def _value_at(pointer: str, value: Json) -> Json:
    for key in pointer.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and int(key) < len(value):
            value = value[int(key)]
    return value
