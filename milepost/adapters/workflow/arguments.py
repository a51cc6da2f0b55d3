"""A tool's arguments as far as they can be checked before their templates have values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from milepost.adapters.tools.schema_check import told
from milepost.domain.templates import has_template, is_only_template
from milepost.domain.validation import pointer as pointer_of
from milepost.domain.values import Json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_OF_SHAPE = frozenset(
    {
        *("required", "additionalProperties", "unevaluatedProperties", "propertyNames"),
        *("minProperties", "maxProperties", "minItems", "maxItems", "dependentRequired"),
    }
)
"""Keywords that look at which fields or items there are, not at their values."""


def argument_problems(schema: Mapping[str, Any], arguments: Json) -> Iterator[tuple[str, str]]:
    """Yield what is certainly wrong: the pointer into the arguments, and the problem.

    A text that is only `${...}` may become any value, so nothing is said about it; one with more
    around it stays a text.
    """
    from jsonschema import Draft202012Validator
    from referencing import Registry

    validator = Draft202012Validator(dict(schema), registry=Registry())
    for fault in validator.iter_errors(arguments):
        if _is_certain(str(fault.validator), fault.instance):
            yield pointer_of([*fault.absolute_path, *_stray_name(fault)]), told(fault)


def _stray_name(fault: ValidationError) -> list[str]:
    """Return the name of the argument that should not be there, if that is the fault."""
    if fault.validator != "additionalProperties" or fault.validator_value is not False:
        return []
    schema: Any = fault.schema
    instance: Any = fault.instance
    return [next(name for name in instance if name not in schema.get("properties", ()))]


def _is_certain(keyword: str, instance: object) -> bool:
    if not has_template(instance):
        return True
    if isinstance(instance, str):
        return keyword == "type" and not is_only_template(instance)
    return keyword == "type" or keyword in _OF_SHAPE
