"""Checking values by schemas that a workflow's author wrote: none takes long, none raises."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from milepost.domain.errors import LimitError
from milepost.domain.values import Json

from .acceptance import Schema, quick_acceptor
from .schema_check import SchemaCheck

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

FORMATS: Final = ("date", "email", "ipv4", "ipv6", "uuid")
"""Formats that are checked; others only tell people what is meant."""
_LEAST_WORK = 10_000
_WORK_PER_VALUE = 50
_MOST_OF_SCHEMA = 1_000


def problem_of(value: Json, schema: Json) -> str | None:
    """Say what is wrong with a value by a JSON Schema; None if nothing is, or none is given."""
    if schema is None:
        return None
    if not isinstance(schema, dict | bool):
        return "the schema itself cannot be used (it is no object)"
    try:
        return BoundedCheck(schema).problem(value)
    except LimitError as error:
        return f"it cannot be checked by its schema: {error}"
    except RecursionError:
        return "the schema itself cannot be used (it refers to itself without end)"
    except Exception as error:  # noqa: BLE001 - a plan may ask by a schema that is none
        return f"the schema itself cannot be used ({error})"


class BoundedCheck(SchemaCheck):
    """One schema of a workflow's author, prepared once."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._accepts = quick_acceptor(schema, follows_references=False)

    def problem(self, value: object) -> str | None:
        """Return the most telling problem, None when the value matches.

        Raises `LimitError` where the schema makes the check too long, and whatever a schema
        raises that is none.
        """
        if self._accepts is not None and self._accepts(value):
            return None
        from .bounded_keywords import WORK, Work

        rules = min(_rules(self._schema), _MOST_OF_SCHEMA)
        WORK.set(Work(_LEAST_WORK + (_WORK_PER_VALUE + rules) * _parts(value)))
        return super().problem(value)

    @cached_property
    def _validator(self) -> Draft202012Validator:
        from jsonschema import FormatChecker
        from referencing import Registry

        from .bounded_keywords import bounded_validator

        schema = self._schema if isinstance(self._schema, bool) else dict(self._schema)
        checker = FormatChecker(FORMATS)
        return bounded_validator()(schema, registry=Registry(), format_checker=checker)


def _parts(value: object) -> int:
    """Return how many values there are in a value, itself included."""
    if isinstance(value, dict):
        return 1 + sum(map(_parts, value.values()))
    return 1 + sum(map(_parts, value)) if isinstance(value, list) else 1


def _rules(schema: object) -> int:
    """Return how many rules a schema has, those of its parts included."""
    if isinstance(schema, dict):
        return len(schema) + sum(map(_rules, schema.values()))
    return sum(map(_rules, schema)) if isinstance(schema, list) else 0
