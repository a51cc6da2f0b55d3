"""Quick acceptance of values by the common part of JSON Schema, compiled to closures.

A quick answer is only ever "certainly valid": False means "ask the full validator". So a keyword
that is not known here makes the whole schema go the slow way, and never a wrong value through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Acceptor: TypeAlias = Callable[[object], bool]
Schema: TypeAlias = Mapping[str, Any] | bool

_TYPES: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
}
_NOTES = frozenset({"title", "description", "default", "examples", "deprecated", "$defs"})
_SHAPES = frozenset({"type", "properties", "required", "additionalProperties", "items"})


class _NotQuickError(Exception):
    """The schema says more than this module understands."""


def quick_acceptor(schema: Schema, *, follows_references: bool = True) -> Acceptor | None:
    """Return a test that says True only for values that match, or None when there is none.

    References let a short schema cost a very long time: follow only those of a trusted one.
    """
    try:
        return _Compiler(schema if follows_references else False).acceptor(schema)
    except _NotQuickError:
        return None


class _Compiler:
    """Compiles one schema document; `_definitions` also ends the recursion of recursive ones."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._definitions: dict[str, list[Acceptor]] = {}

    def acceptor(self, schema: Schema) -> Acceptor:
        if isinstance(schema, bool):
            return _accept_all if schema else _accept_none
        rules = {key: value for key, value in schema.items() if key not in _NOTES}
        if not rules:
            return _accept_all
        if set(rules) == {"$ref"}:
            return self._reference(rules["$ref"])
        if set(rules) == {"anyOf"}:
            return _any_of([self.acceptor(choice) for choice in rules["anyOf"]])
        return self._typed(rules)

    def _typed(self, rules: dict[str, Any]) -> Acceptor:
        kind = rules.get("type")
        if kind == "string" and set(rules) == {"type", "enum"}:
            return _one_of_texts(rules["enum"])
        if not _SHAPES.issuperset(rules) or not isinstance(kind, str):
            raise _NotQuickError
        if kind == "object":
            return self._object(rules)
        if kind == "array":
            return _list_of(self.acceptor(rules.get("items", True)))
        if set(rules) != {"type"} or kind not in _TYPES:
            raise _NotQuickError
        return _of_class(_TYPES[kind])

    def _object(self, rules: dict[str, Any]) -> Acceptor:
        fields = {name: self.acceptor(field) for name, field in rules.get("properties", {}).items()}
        others = self.acceptor(rules.get("additionalProperties", True))
        return _object_of(fields, others, tuple(rules.get("required", ())))

    def _reference(self, pointer: str) -> Acceptor:
        prefix = "#/$defs/"
        name = pointer.removeprefix(prefix)
        known = self._document.get("$defs", {}) if isinstance(self._document, Mapping) else {}
        if not pointer.startswith(prefix) or name not in known:
            raise _NotQuickError
        if name not in self._definitions:
            slot = self._definitions[name] = []
            slot.append(self.acceptor(known[name]))
        slot = self._definitions[name]
        return lambda value: slot[0](value)  # noqa: PLW0108 - the slot is filled later


def _accept_all(_value: object) -> bool:
    return True


def _accept_none(_value: object) -> bool:
    return False


def _of_class(classes: frozenset[type]) -> Acceptor:
    return lambda value: value.__class__ in classes


def _one_of_texts(texts: list[object]) -> Acceptor:
    allowed = frozenset(text for text in texts if isinstance(text, str))
    return lambda value: value.__class__ is str and value in allowed


def _any_of(choices: list[Acceptor]) -> Acceptor:
    def accepts(value: object) -> bool:
        for choice in choices:  # noqa: SIM110 - a generator would double the cost
            if choice(value):
                return True
        return False

    return accepts


def _list_of(item: Acceptor) -> Acceptor:
    def accepts(value: object) -> bool:
        return isinstance(value, list) and (item is _accept_all or all(map(item, value)))

    return accepts


def _object_of(
    fields: dict[str, Acceptor], others: Acceptor, required: tuple[str, ...]
) -> Acceptor:
    def accepts(value: object) -> bool:
        if not isinstance(value, dict):
            return False
        for name in required:
            if name not in value:
                return False
        for name, item in value.items():  # noqa: SIM110 - a generator would double the cost
            if not fields.get(name, others)(item):
                return False
        return True

    return accepts
