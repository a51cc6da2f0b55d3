"""A workflow's inputs: their declarations, and the values that a run is given."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from milepost.adapters.tools.schema_check import SchemaCheck
from milepost.domain.errors import ValidationError
from milepost.domain.nearest import suggestion
from milepost.domain.plans import PlanSpec
from milepost.domain.values import Json

_TYPES = ("string", "integer", "number", "boolean", "null", "object", "array")


def declaration_problem(schema: Mapping[str, Json]) -> str | None:
    """Return what is wrong with the declaration of an input, None when it is a JSON Schema.

    Beside the words of JSON Schema it may have `required`, true or false.
    """
    plain = _plain(schema)
    fault = None if _names_only_a_type(plain) else _schema_fault(plain)
    fault = fault or next(_hidden_faults(plain), None)
    if fault is not None or "default" not in schema:
        return fault
    problem = _problem(plain, schema["default"])
    return f"its default does not fit: {problem}" if problem else None


def check_inputs(spec: PlanSpec, given: Mapping[str, Json]) -> dict[str, Json]:
    """Return the inputs of a run: those given, and the defaults of the others.

    An input is required unless it has a default or says `required: false`. Raises
    `ValidationError` for inputs that are not declared, missing, or do not match their schema.
    """
    for name in given:
        if name not in spec.inputs:
            raise ValidationError(
                f"there is no input `{name}`", mend=suggestion(name, spec.inputs, kind="inputs")
            )
    found: dict[str, Json] = {}
    for name, schema in spec.inputs.items():
        if name in given:
            problem = _problem(_plain(schema), given[name])
            if problem:
                raise ValidationError(problem, where=f"input `{name}`")
            found[name] = given[name]
        elif "default" in schema and schema.get("required") is not True:
            found[name] = schema["default"]
        elif schema.get("required", True) is not False:
            raise ValidationError(f"the input `{name}` is missing", mend="give it a value")
    return found


def input_from_text(schema: Mapping[str, Json], text: str) -> Json:
    """Return the value that a text on a command line means for an input with that schema.

    A text that the schema takes stays a text; else it is read as JSON, if it is.
    """
    if _problem(_plain(schema), text) is None and schema.get("type") is not None:
        return text
    try:
        value: Json = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return value


def _names_only_a_type(schema: Mapping[str, Json]) -> bool:
    """Tell whether a declaration is so simple that nothing can be wrong with it."""
    return (
        schema.get("type") in _TYPES
        and isinstance(schema.get("description", ""), str)
        and schema.keys() <= {"type", "description", "default"}
    )


def _schema_fault(schema: dict[str, Any]) -> str | None:
    """Return why a value is no JSON Schema, None when it is one."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(str(part) for part in error.absolute_path)
        return f"it is no JSON Schema: {place + ': ' if place else ''}{error.message[:200]}"
    return None


def _plain(schema: Mapping[str, Json]) -> dict[str, Any]:
    required = schema.get("required")
    return {
        key: value
        for key, value in schema.items()
        if key != "required" or not isinstance(required, bool)
    }


def _hidden_faults(schema: Json) -> Iterator[str]:
    """Yield what only shows once a value is checked: references to other documents."""
    if isinstance(schema, list):
        for item in schema:
            yield from _hidden_faults(item)
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in {"$ref", "$dynamicRef"} and isinstance(value, str) and value[:1] != "#":
            yield f"it refers to `{value:.60}`; no schema is ever fetched, write it here"
        yield from _hidden_faults(value)


def _problem(schema: Mapping[str, Any], value: Json) -> str | None:
    try:
        problem = SchemaCheck(schema).problem(value)
    except _unresolvable() as error:
        return f"cannot be checked, its schema refers to what is not there ({error!r:.80})"
    return None if problem is None else problem.removeprefix("the value: ")


def _unresolvable() -> tuple[type[Exception], ...]:
    """Return what a schema raises that refers to what is not there, or to itself."""
    from referencing.exceptions import Unresolvable

    return Unresolvable, RecursionError
