"""What is wrong with a JSON Schema that an author wrote, told before a value is checked by it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

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
    if _names_only_a_type(schema):
        return None
    return _fault_of_form(schema) or next(_hidden_faults(schema), None)


def _names_only_a_type(schema: Mapping[str, Json]) -> bool:
    """Tell whether a schema is so simple that nothing can be wrong with it."""
    return (
        schema.get("type") in _TYPES
        and isinstance(schema.get("description", ""), str)
        and schema.keys() <= {"type", "description", "default"}
    )


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
    from pydantic_core import SchemaError

    from milepost.adapters.tools.bounded_keywords import compiled_pattern

    def is_pattern(value: object) -> bool:
        try:
            return not isinstance(value, str) or bool(compiled_pattern(value))
        except SchemaError as error:
            why = str(error).rpartition(": ")[2]
            raise ValueError(f"{quoted(value)} is no pattern that is known here: {why}") from error

    checker = FormatChecker(())
    checker.checks("regex", ValueError)(is_pattern)
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
    except (Unresolvable, ValueError):
        yield f"it refers to what is not there: `{reference:.60}`"
        return
    if id(found) not in places:
        yield f"it refers to what is no schema: `{reference:.60}`"
