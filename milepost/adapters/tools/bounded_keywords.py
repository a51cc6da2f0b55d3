"""The words of JSON Schema for schemas that anybody may have written: no word takes long.

Patterns are matched in bounded time, and all rules that one value is tried by are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaFault
from jsonschema.validators import extend

from milepost.domain.errors import LimitError

from .acceptance import Schema
from .patterns import is_found

Faults: TypeAlias = Iterator[SchemaFault]
Rule: TypeAlias = Callable[..., Faults | None]
"""Takes a validator, the rule's own value, the value that is checked, and the whole schema."""


@dataclass(slots=True)
class Work:
    """How many rules a value may be tried by, and how many it was."""

    allowed: int
    done: int = 0

    def add_rule(self) -> None:
        """Count one more; raise `LimitError` when there are too many."""
        self.done += 1
        if self.done > self.allowed:
            limit = "the number of rules that a value is tried by"
            raise LimitError(limit, allowed=f"{self.allowed:,}", given="more")


WORK: ContextVar[Work] = ContextVar("WORK")
"""What is counted for the value that is checked now."""


@cache
def bounded_validator() -> type[Draft202012Validator]:
    """Return the class of validators that count and do not take long; `WORK` must be set."""
    rules: dict[str, Rule] = {
        **Draft202012Validator.VALIDATORS,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
    }
    counted = {name: _counted(rule) for name, rule in rules.items()}
    validator: type[Draft202012Validator] = extend(Draft202012Validator, validators=counted)  # type: ignore[no-untyped-call]
    return validator


def _counted(rule: Rule) -> Rule:
    def counted(*given: object) -> Faults | None:
        WORK.get().add_rule()
        return rule(*given)

    return counted


def _pattern(
    _validator: Draft202012Validator, pattern: str, value: object, _schema: Schema
) -> Faults:
    if isinstance(value, str) and not is_found(pattern, value):
        yield SchemaFault(f"{value!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Draft202012Validator, patterns: Mapping[str, Schema], value: object, _schema: Schema
) -> Faults:
    if not isinstance(value, dict):
        return
    for pattern, inner in patterns.items():
        for name, item in value.items():
            if is_found(pattern, name):
                yield from validator.descend(item, inner, path=name, schema_path=pattern)


def _additional_properties(
    validator: Draft202012Validator, wanted: Schema, value: object, schema: Mapping[str, Any]
) -> Faults:
    if not isinstance(value, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, item in value.items():
        if name in named or any(is_found(pattern, name) for pattern in patterns):
            continue
        if wanted is False:
            yield SchemaFault(f"{name!r} is not known")
        else:
            yield from validator.descend(item, wanted, path=name)


def _multiple_of(
    _validator: Draft202012Validator, unit: float, value: object, _schema: Schema
) -> Faults:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    if Fraction(str(value)) % Fraction(str(unit)):
        yield SchemaFault(f"{value!r} is not a multiple of {unit!r}")
