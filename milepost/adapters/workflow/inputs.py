"""A workflow's inputs: their declarations, and the values that a run is given."""

from __future__ import annotations

import json
from collections.abc import Mapping

from milepost.adapters.tools.bounded_check import problem_of
from milepost.domain.errors import ValidationError
from milepost.domain.nearest import suggestion
from milepost.domain.plans import PlanSpec
from milepost.domain.templates import below
from milepost.domain.values import Json

from .document import Problems
from .schema_faults import schema_fault


def check_declarations(inputs: Mapping[str, Json], pointer: str, problems: Problems) -> None:
    """Note what is wrong with the declarations of inputs, which stand at `pointer`."""
    for name, schema in inputs.items():
        problem = declaration_problem(schema) if isinstance(schema, dict) else None
        if problem:
            problems.add(below(pointer, name), problem)


def declaration_problem(schema: Mapping[str, Json]) -> str | None:
    """Return what is wrong with the declaration of an input, None when it is a JSON Schema.

    Beside the words of JSON Schema it may have `required`, true or false.
    """
    fault = schema_fault(_plain(schema))
    if fault is not None or "default" not in schema:
        return fault
    problem = _problem(schema, schema["default"])
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
            problem = _problem(schema, given[name])
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
    if _problem(schema, text) is None and schema.get("type") is not None:
        return text
    try:
        value: Json = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return value


def _plain(schema: Mapping[str, Json]) -> dict[str, Json]:
    required = schema.get("required")
    return {
        key: value
        for key, value in schema.items()
        if key != "required" or not isinstance(required, bool)
    }


def _problem(schema: Mapping[str, Json], value: Json) -> str | None:
    problem = problem_of(value, _plain(schema))
    return None if problem is None else problem.removeprefix("the value: ")
