"""What is wrong with a JSON Schema that an author wrote, told before a value is checked by it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from milepost.domain.errors import ValidationError
from milepost.domain.quoting import quoted
from milepost.domain.values import Json

if TYPE_CHECKING:
    from jsonschema import FormatChecker
    from referencing._core import Resolver

    from milepost.adapters.tools.acceptance import Schema

    Placed: TypeAlias = tuple[Schema, Resolver[Any]]

_TYPES = ("string", "integer", "number", "boolean", "null", "object", "array")
_REFERENCES = frozenset({"$ref", "$dynamicRef"})
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_NOT_WITH_UNEVALUATED = ("patternProperties", "dependentSchemas", "$dynamicRef")


def schema_fault(schema: Json) -> str | None:
    """Return why values cannot be checked by a value as by a JSON Schema, None when they can."""
    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return f"a JSON Schema is an object, not {quoted(schema)}"
    if _is_plain(schema):
        return None
    return _fault_of_form(schema) or next(_hidden_faults(schema), None)


def _is_plain(schema: Json) -> bool:
    """Tell whether a schema is so simple that nothing can be wrong with it."""
    if not isinstance(schema, dict):
        return isinstance(schema, bool)
    return all(word in _PLAIN and _PLAIN[word](value) for word, value in schema.items())


def _are_plain(schemas: Json) -> bool:
    return isinstance(schemas, dict) and all(map(_is_plain, schemas.values()))


def _are_names(names: Json) -> bool:
    if not isinstance(names, list):
        return False
    return all(isinstance(name, str) for name in names) and len({*map(str, names)}) == len(names)


_PLAIN: Mapping[str, Callable[[Json], bool]] = {
    "type": lambda value: value in _TYPES,
    "title": lambda value: isinstance(value, str),
    "description": lambda value: isinstance(value, str),
    "default": lambda _value: True,
    "enum": lambda value: isinstance(value, list),
    "properties": _are_plain,
    "required": _are_names,
    "additionalProperties": _is_plain,
    "items": _is_plain,
}
"""Words of which it is told without the libraries whether their values are right."""


def _fault_of_form(schema: Mapping[str, Json]) -> str | None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema, format_checker=_pattern_checker())
    except SchemaError as error:
        place = "/".join(str(part) for part in error.absolute_path)
        told = error.message[:200] if error.cause is None else str(error.cause)
        return f"it is no JSON Schema: {place + ': ' if place else ''}{told}"
    return None


def _pattern_checker() -> FormatChecker:
    """Return what refuses patterns that values are not matched by."""
    from jsonschema import FormatChecker

    from milepost.adapters.tools.patterns import check_pattern

    def is_pattern(value: object) -> bool:
        if isinstance(value, str):
            check_pattern(value)
        return True

    checker = FormatChecker(())
    checker.checks("regex", ValidationError)(is_pattern)
    return checker


def _hidden_faults(schema: Mapping[str, Json]) -> Iterator[str]:
    """Yield what would only show once a value is checked."""
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    placed = list(_schemas_in(schema, resolver))
    places = {id(inner) for inner, _resolver in placed}
    objects = [(inner, near) for inner, near in placed if not isinstance(inner, bool)]
    words = {word for inner, _resolver in objects for word in inner}
    for word, other in product(_UNEVALUATED, _NOT_WITH_UNEVALUATED):
        if word in words and other in words:
            yield f"a schema cannot have both `{word}` and `{other}` here"
    for inner, near in objects:
        for word in _REFERENCES.intersection(inner):
            yield from _reference_faults(inner[word], near, places)


def _schemas_in(schema: Schema, resolver: Resolver[Any]) -> Iterator[Placed]:
    """Yield a schema and all schemas inside of it, each with what resolves its references."""
    from referencing.jsonschema import DRAFT202012

    yield schema, resolver
    for inner in DRAFT202012.subresources_of(schema):
        below = resolver.in_subresource(DRAFT202012.create_resource(inner))
        yield from _schemas_in(inner, below)


def _reference_faults(
    reference: str, resolver: Resolver[Any], places: Container[int]
) -> Iterator[str]:
    from referencing.exceptions import Unresolvable

    if not reference.startswith("#"):
        yield f"it refers to `{reference:.60}`; no schema is ever fetched, write it here"
        return
    try:
        found = resolver.lookup(reference).contents
    except (Unresolvable, ValueError, TypeError):
        yield f"it refers to what is not there: `{reference:.60}`"
        return
    if id(found) not in places and not _stands_alone(found):
        yield f"it refers to what is no schema: `{reference:.60}`"


def _stands_alone(found: Json) -> bool:
    """Tell whether what stands where no schema need stand is one, and whole by itself."""
    return isinstance(found, dict) and not found.keys() & _REFERENCES and not schema_fault(found)
