"""Reading YAML: the parser's events are turned into plain JSON, and nothing else is ever built.

Anchors, aliases, tags, doubled and non-text keys, several documents and deep nesting are refused
where they stand, so no file can grow, run code, or mean two things.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from milepost.domain.errors import LimitError, ValidationError
from milepost.domain.templates import below
from milepost.domain.values import Json

from .document import Document, Place
from .guards import MAX_DEPTH, MAX_VALUES, printable, scalar_problem, too_deep, too_many
from .yaml_scalars import meaning

_QUOTE = "put it in quotes if it is meant as a text"


def read_yaml(text: str, *, name: str) -> Document:
    """Return the one document of a clean text.

    Raises `ValidationError` or `LimitError` with `name:line:column`.
    """
    reader = _Reader(name)
    for event in _events(text, name):
        reader.take(event)
    return Document(reader.value, name, reader.places)


def _events(text: str, name: str) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except YAMLError as error:
        raise _unreadable(error, name) from error
    except (ValueError, AssertionError, RecursionError) as error:
        raise ValidationError(f"it is not YAML ({error})", where=name) from error


@dataclass(slots=True)
class _Open:
    """A mapping or list being read; `key` is that of a mapping's value to come."""

    items: dict[str, Json] | list[Json]
    pointer: str
    key: str | None = None
    expects_key: bool = False


@dataclass(slots=True)
class _Reader:
    """Builds the value event by event, with an own stack: depth costs no recursion."""

    name: str
    value: Json = None
    places: dict[str, Place] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    documents: int = 0

    def take(self, event: Any) -> None:  # noqa: ANN401 - untyped library
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self.refused(event, "a second document begins", "keep one in a file")
        elif kind == "AliasEvent":
            raise self.refused(
                event, f"the alias `*{event.anchor:.60}` is not allowed", "write it out"
            )
        elif kind == "ScalarEvent":
            self.scalar(event)
        elif kind == "MappingStartEvent":
            self.open(event, {})
        elif kind == "SequenceStartEvent":
            self.open(event, [])
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self.stack.pop()

    def scalar(self, event: Any) -> None:  # noqa: ANN401 - untyped library
        self.refuse_properties(event)
        try:
            value = meaning(event.value) if event.implicit[0] else str(event.value)
        except ValueError as error:
            raise self.refused(event, str(error), _QUOTE) from None
        problem = scalar_problem(value)
        if problem:
            raise self.refused(event, problem, _QUOTE)
        if self.stack and self.stack[-1].expects_key:
            self.key(event, value)
        else:
            self.put(event, value)

    def open(self, event: Any, items: dict[str, Json] | list[Json]) -> None:  # noqa: ANN401
        self.refuse_properties(event)
        if len(self.stack) >= MAX_DEPTH:
            raise too_deep(self.where(event))
        if self.stack and self.stack[-1].expects_key:
            raise self.refused(event, "a key must be a text", "write a plain or quoted text")
        pointer = self.put(event, items)
        self.stack.append(_Open(items, pointer, expects_key=isinstance(items, dict)))

    def key(self, event: Any, value: Json) -> None:  # noqa: ANN401 - untyped library
        parent = self.stack[-1]
        if not isinstance(value, str):
            raise self.refused(
                event, f"the key `{event.value:.60}` is not a text", "put it in quotes"
            )
        if value in parent.items:
            first = self.places[below(parent.pointer, value)]
            raise self.refused(
                event, f"the key `{value:.60}` stands twice, first in line {first.line}", "keep one"
            )
        parent.key, parent.expects_key = value, False
        self.note(event, below(parent.pointer, value))

    def put(self, event: Any, value: Json) -> str:  # noqa: ANN401 - untyped library
        """Add a value to what is being read; return its pointer."""
        if not self.stack:
            self.value = value
            return self.note(event, "")
        parent = self.stack[-1]
        if isinstance(parent.items, list):
            pointer = self.note(event, f"{parent.pointer}/{len(parent.items)}")
            parent.items.append(value)
            return pointer
        key = parent.key or ""
        parent.items[key] = value
        parent.expects_key = True
        return below(parent.pointer, key)

    def note(self, event: Any, pointer: str) -> str:  # noqa: ANN401 - untyped library
        """Keep where the part at a pointer stands; return the pointer."""
        if len(self.places) >= MAX_VALUES:
            raise too_many(self.where(event))
        self.places[pointer] = _place(event.start_mark)
        return pointer

    def refuse_properties(self, event: Any) -> None:  # noqa: ANN401 - untyped library
        if event.anchor is not None:
            raise self.refused(
                event, f"the anchor `&{event.anchor:.60}` is not allowed", "remove it"
            )
        if event.tag is not None:
            raise self.refused(event, f"the tag `{event.tag:.60}` is not allowed", "remove it")

    def refused(self, event: Any, problem: str, mend: str) -> ValidationError:  # noqa: ANN401
        return ValidationError(printable(problem), where=self.where(event), mend=mend)

    def where(self, event: Any) -> str:  # noqa: ANN401 - untyped library
        place = _place(event.start_mark)
        return f"{self.name}:{place.line}:{place.column}"


def _place(mark: Any) -> Place:  # noqa: ANN401 - untyped library
    return Place(mark.line + 1, mark.column + 1)


def _unreadable(error: Any, name: str) -> ValidationError | LimitError:  # noqa: ANN401
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    parts = (getattr(error, "problem", None), getattr(error, "context", None))
    told = ", ".join(part for part in parts if part) or str(error).split("\n", 1)[0]
    return ValidationError(printable(f"it is not YAML: {told}"), where=where)
