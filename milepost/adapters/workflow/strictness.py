"""Types that authors must keep to although the models themselves would convert.

The models read `"5"` as 5 and 1 as true; in a file that is a mistake, and its author is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from milepost.domain.quoting import quoted

Place: TypeAlias = tuple[str | int, ...]
_PLAIN = {int: "a whole number", bool: "true or false"}


def strict_faults(annotation: Any, value: object, place: Place = ()) -> Iterator[tuple[Place, str]]:  # noqa: ANN401
    """Yield where a whole number or a truth value is meant and something else stands."""
    annotation = _plain(annotation)
    if annotation in _PLAIN and value is not None and value.__class__ is not annotation:
        yield place, f"must be {_PLAIN[annotation]}, this is {quoted(value)}"
    for key, inner, item in _parts(annotation, value):
        yield from strict_faults(inner, item, (*place, key))


def _parts(annotation: Any, value: object) -> Iterator[tuple[str | int, Any, object]]:  # noqa: ANN401
    """Yield the parts of a value with the type that each is meant to have."""
    arguments = get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        given = value if isinstance(value, Mapping) else {}
        named = ((field.alias or name, field.annotation) for name, field in fields)
        yield from ((key, inner, given[key]) for key, inner in named if key in given)
    elif get_origin(annotation) is dict and isinstance(value, Mapping):
        yield from ((key, arguments[1], item) for key, item in value.items())
    elif get_origin(annotation) is tuple and isinstance(value, list):
        yield from ((at, arguments[0], item) for at, item in enumerate(value))


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
