"""Types that authors must keep to although the models themselves would convert.

The models read `"5"` as 5 and 1 as true; in a file that is a mistake, and its author is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from milepost.domain.quoting import quoted

Place: TypeAlias = tuple[str | int, ...]
_PLAIN = {int: "a whole number", bool: "true or false"}


def strict_faults(
    model: type[BaseModel], value: object, place: Place = ()
) -> Iterator[tuple[Place, str]]:
    """Yield where a whole number or a truth value is meant and something else stands."""
    if isinstance(value, Mapping):
        for key, kind in _strict_fields(model).items():
            if key in value:
                yield from _faults(kind, value[key], (*place, key))


def loop_faults(step: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    """Yield what a loop can neither go through nor count to, whatever happens before it."""
    items, count = step.get("for_each"), step.get("count")
    if not (items is None or isinstance(items, list) or _may_be_anything(items)):
        yield ("for_each",), f"must be a list, or one ${{…}} that gives it, this is {quoted(items)}"
    is_number = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    if not (count is None or is_number or _may_be_anything(count)):
        yield ("count",), f"must be a whole number from 0, or one ${{…}}, this is {quoted(count)}"


def _may_be_anything(value: object) -> bool:
    return isinstance(value, str) and value.startswith("${")


@cache
def _strict_fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of a model in which such a value is meant somewhere, with their types."""
    fields = model.model_fields.items()
    named = {field.alias or name: _plain(field.annotation) for name, field in fields}
    return {name: kind for name, kind in named.items() if _says_something(kind)}


def _says_something(kind: Any) -> bool:  # noqa: ANN401 - any type
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return True
    return kind in _PLAIN or any(_says_something(_plain(inner)) for inner in get_args(kind))


def _faults(kind: Any, value: object, place: Place) -> Iterator[tuple[Place, str]]:  # noqa: ANN401
    if kind in _PLAIN:
        if value is not None and value.__class__ is not kind:
            yield place, f"must be {_PLAIN[kind]}, this is {quoted(value)}"
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from strict_faults(kind, value, place)
    elif get_origin(kind) is dict and isinstance(value, Mapping):
        inner = _plain(get_args(kind)[1])
        for key, item in value.items():
            yield from _faults(inner, item, (*place, key))
    elif get_origin(kind) is tuple and isinstance(value, list):
        inner = _plain(get_args(kind)[0])
        for at, item in enumerate(value):
            yield from _faults(inner, item, (*place, at))


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - any type
    """Return the type without its constraints and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in {Union, UnionType}:
            choices = [choice for choice in get_args(annotation) if choice is not type(None)]
            if len(choices) != 1:
                return None
            annotation = choices[0]
        else:
            return annotation
