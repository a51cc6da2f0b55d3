"""A tool's arguments as far as they can be checked before their templates have values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from milepost.adapters.tools.acceptance import Acceptor, quick_acceptor
from milepost.adapters.tools.schema_check import told
from milepost.domain.templates import has_template, is_only_template
from milepost.domain.validation import pointer as pointer_of
from milepost.domain.values import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_OF_SHAPE = frozenset(
    {
        *("required", "additionalProperties", "unevaluatedProperties", "propertyNames"),
        *("minProperties", "maxProperties", "minItems", "maxItems", "dependentRequired"),
    }
)
"""Keywords that look at which fields or items there are, not at their values."""


class Arguments:
    """What one tool takes, prepared once for all the steps that call it."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = dict(schema)
        self._acceptors: dict[frozenset[str], Acceptor | None] = {}

    def problems(self, arguments: Json) -> Iterator[tuple[str, str]]:
        """Yield what is certainly wrong: the pointer into the arguments, and the problem.

        A text that is only `${...}` may become any value, so nothing is said about it; one with
        more around it stays a text.
        """
        if self._are_fine(arguments):
            return
        for fault in self._validator.iter_errors(arguments):
            if _is_certain(str(fault.validator), fault.instance):
                yield pointer_of([*fault.absolute_path, *_stray_name(fault)]), told(fault)

    def _are_fine(self, arguments: Json) -> bool:
        """Tell quickly whether nothing can be wrong; False says that it is not known yet."""
        if not isinstance(arguments, dict):
            return False
        open_ones = frozenset(name for name in arguments if _may_be_anything(arguments[name]))
        if open_ones not in self._acceptors:
            self._acceptors[open_ones] = self._acceptor(open_ones)
        accepts = self._acceptors[open_ones]
        return accepts is not None and accepts(arguments)

    def _acceptor(self, open_ones: frozenset[str]) -> Acceptor | None:
        """Return what accepts arguments of which some may have any value."""
        fields = self._schema.get("properties", {})
        known = {name: name in open_ones or field for name, field in fields.items()}
        return quick_acceptor(self._schema | {"properties": known})

    @cached_property
    def _validator(self) -> Draft202012Validator:
        from jsonschema import Draft202012Validator
        from referencing import Registry

        return Draft202012Validator(self._schema, registry=Registry())


def _may_be_anything(value: Json) -> bool:
    return isinstance(value, str) and is_only_template(value)


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
