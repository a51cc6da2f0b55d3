"""Checking JSON values against a JSON Schema (2020-12), with problems told in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .acceptance import Schema, quick_acceptor

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError as SchemaFault

_LONGEST_QUOTE = 120
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
}


class SchemaCheck:
    """One schema, prepared once; valid values cost about a microsecond."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._accepts = quick_acceptor(schema)

    def problem(self, value: object) -> str | None:
        """Return the most telling problem, naming its place, or None when the value matches."""
        if self._accepts is not None and self._accepts(value):
            return None
        from jsonschema.exceptions import best_match

        fault = best_match(self._validator.iter_errors(value))
        return None if fault is None else told(fault)

    @cached_property
    def _validator(self) -> Draft202012Validator:
        from jsonschema import Draft202012Validator
        from referencing import Registry

        schema = self._schema if isinstance(self._schema, bool) else dict(self._schema)
        return Draft202012Validator(schema, registry=Registry())


def told(fault: SchemaFault) -> str:
    """Return a validator's fault in plain words, naming its place."""
    place = place_of(fault.absolute_path)
    rule: Any = fault.validator_value
    instance: Any = fault.instance
    if fault.validator == "required":
        missing = next(name for name in rule if name not in instance)
        return f"{_inside(place, missing)}: is missing"
    if fault.validator == "additionalProperties" and rule is False:
        return _unknown_field(fault, place)
    if fault.validator == "type":
        return f"{place or 'the value'}: must be {_kinds(rule)}, this is {quoted(instance)}"
    return f"{place or 'the value'}: {_shortened(fault.message)}"


def _unknown_field(fault: SchemaFault, place: str) -> str:
    schema: Any = fault.schema
    instance: Any = fault.instance
    known = list(schema.get("properties", ()))
    name = next(name for name in instance if name not in known)
    near = get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]}" if near else f"known are {', '.join(known) or 'none'}"
    return f"{_inside(place, str(name))}: is not known; {hint}"


def _kinds(wanted: str | list[str]) -> str:
    names = [wanted] if isinstance(wanted, str) else wanted
    return " or ".join(_KINDS.get(name, name) for name in names)


def place_of(path: Iterable[str | int]) -> str:
    """Return a path into a value as people write it: `rows[3].label`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def quoted(value: object) -> str:
    """Return a value for an error message, cut when it is long."""
    return _shortened(repr(value))


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
