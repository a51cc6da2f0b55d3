"""Reading JSON strictly: doubled keys, NaN, huge numbers and deep nesting are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from milepost.domain.errors import ValidationError
from milepost.domain.validation import pointer as pointer_of
from milepost.domain.values import Json

from .document import Document
from .guards import MAX_DEPTH, MAX_VALUES, printable, scalar_problem, too_deep, too_many

Place: TypeAlias = tuple[str | int, ...]
"""The keys on the way to a value."""

_SCALARS = (str, int, float, bool, type(None))
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.?)*"?|[\[\]{}]', re.DOTALL)
"""Brackets, and texts to pass over; a text that is not closed goes to the end."""


def read_json(text: str, *, name: str) -> Document:
    """Return the document of a clean text.

    Raises `ValidationError` or `LimitError` with `name:line:column` for faults of syntax and
    `name#/pointer` for all others.
    """
    _refuse_depth(text, name)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_constant=_Refused.constant,
        )
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}:{error.colno}"
        raise ValidationError(f"it is not JSON: {error.msg}", where=where) from error
    return Document(_Copy(name, left=MAX_VALUES).of(value), name)


def plain_document(value: object, *, name: str) -> Document:
    """Return a copy of a JSON value as a document.

    Raises `ValidationError` or `LimitError` with `name#/pointer` for what JSON cannot hold.
    """
    return Document(_Copy(name, left=inf).of(value), name)


class _Refused:
    """Stands in the value for what a hook found, until its place is known."""

    def __init__(self, problem: str, mend: str = "") -> None:
        self.problem = problem
        self.mend = mend

    @classmethod
    def constant(cls, word: str) -> _Refused:
        """Return what stands for NaN, Infinity or -Infinity."""
        return cls(f"{word} is not JSON", "use null or a text")


def _object(pairs: list[tuple[str, object]]) -> object:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    for name, _item in pairs:
        if name in seen:
            return _Refused(f"the key `{name:.60}` stands twice", "keep one")
        seen.add(name)
    return value


def _integer(digits: str) -> object:
    longest = 20
    if len(digits) > longest:
        return _Refused("the number needs more than 64 bits", "write it as a text")
    return int(digits)


def _refuse_depth(text: str, name: str) -> None:
    depth = 0
    for token in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            line = text.count("\n", 0, token.start()) + 1
            column = token.start() - text.rfind("\n", 0, token.start())
            raise too_deep(f"{name}:{line}:{column}")


@dataclass(slots=True)
class _Copy:
    """Copies a JSON value and checks each part of it; `left` is how many parts it may have."""

    name: str
    left: float

    def of(self, value: object, place: Place = ()) -> Json:
        self.left -= 1
        if self.left < 0:
            raise too_many(_where(self.name, place))
        if isinstance(value, _SCALARS):
            return self.scalar(value, place)
        if isinstance(value, Mapping):
            return self.fields(value, place)
        if isinstance(value, list | tuple):
            self.refuse_deeper(place)
            return [self.of(item, (*place, at)) for at, item in enumerate(value)]
        where = _where(self.name, place)
        if isinstance(value, _Refused):
            raise ValidationError(printable(value.problem), where=where, mend=value.mend)
        raise _no_json(value, where)

    def scalar(self, value: str | float | bool | None, place: Place) -> Json:  # noqa: FBT001
        problem = scalar_problem(value)
        if problem:
            raise ValidationError(problem, where=_where(self.name, place))
        return value

    def fields(self, value: Mapping[object, object], place: Place) -> dict[str, Json]:
        self.refuse_deeper(place)
        found: dict[str, Json] = {}
        for key, item in value.items():
            if not isinstance(key, str) or scalar_problem(key):
                raise ValidationError(
                    f"the key {key!r:.60} is not a clean text",
                    where=f"{self.name}#{pointer_of(place)}",
                    mend="use a text without special characters",
                )
            found[key] = self.of(item, (*place, key))
        return found

    def refuse_deeper(self, place: Place) -> None:
        if len(place) >= MAX_DEPTH:
            raise too_deep(_where(self.name, place))


def _where(name: str, place: Place) -> str:
    return f"{name}#{printable(pointer_of(place))}"


def _no_json(value: object, where: str) -> ValidationError:
    return ValidationError(
        f"a {type(value).__name__} is not JSON",
        where=where,
        mend="use texts, numbers, booleans, null, lists and objects",
    )
