"""From Python types to JSON Schemas and converters, by pydantic, imported on first use."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NotRequired, Union, cast, get_args, get_origin

from milepost.domain.errors import ValidationError

from .signature import REQUIRED, Parameter

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

_PLAIN = frozenset({str, int, float, bool, NoneType, None, Any, object, list, dict})
_NO_PROMISE = (Any, object)


def arguments_adapter(
    parameters: Mapping[str, Parameter], *, where: str
) -> TypeAdapter[dict[str, Any]]:
    """Return the converter from JSON arguments to keyword arguments; extra ones are refused."""
    from pydantic import ConfigDict
    from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

    hints = {
        name: parameter.annotation
        if parameter.default is REQUIRED
        else NotRequired[parameter.annotation]
        for name, parameter in parameters.items()
    }
    shape = cast("Any", TypedDict)("Arguments", hints)
    shape.__pydantic_config__ = ConfigDict(extra="forbid")
    return _adapter(shape, where=f"{where}: an argument")


def arguments_schema(
    adapter: TypeAdapter[dict[str, Any]], parameters: Mapping[str, Parameter]
) -> dict[str, Any]:
    """Return the JSON Schema of the arguments, with the defaults that JSON can hold."""
    schema = _json_schema(adapter, "validation")
    for name, parameter in parameters.items():
        if parameter.default is not REQUIRED and _is_json_scalar(parameter.default):
            schema["properties"][name].setdefault("default", parameter.default)
    return schema


def result_schema(annotation: object, *, where: str) -> dict[str, Any] | None:
    """Return the JSON Schema of what a function returns, or None when it does not say."""
    if annotation in _NO_PROMISE:
        return None
    return _json_schema(_adapter(annotation, where=f"{where}: the result"), "serialization")


def is_plain(annotation: object) -> bool:
    """Tell whether JSON values can be handed over as they are, without conversion."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return all(isinstance(value, str) for value in inner)
    if origin is Union or origin is UnionType:
        return all(map(is_plain, inner))
    if origin in (list, dict):
        return not any(takes_whole_numbers(part) for part in inner) and all(map(is_plain, inner))
    return _hashable_in(annotation, _PLAIN)


def takes_whole_numbers(annotation: object) -> bool:
    """Tell whether `int` is at or under the annotation; JSON Schema lets 3.0 pass for it."""
    return annotation is int or any(map(takes_whole_numbers, get_args(annotation)))


def _adapter(annotation: Any, *, where: str) -> TypeAdapter[Any]:  # noqa: ANN401 - any type
    from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter

    try:
        return TypeAdapter(annotation)
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise ValidationError(
            f"has a type that has no JSON form ({str(error).splitlines()[0]})",
            where=where,
            mend="use plain types, dataclasses, TypedDicts or pydantic models",
        ) from error


def _json_schema(adapter: TypeAdapter[Any], mode: JsonSchemaMode) -> dict[str, Any]:
    schema = adapter.json_schema(mode=mode, schema_generator=_generator())
    schema.pop("title", None)
    return schema


def _generator() -> type[GenerateJsonSchema]:
    from pydantic.json_schema import GenerateJsonSchema

    class Untitled(GenerateJsonSchema):
        """Leaves out titles that only repeat a field's name."""

        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002
            return False

    return Untitled


def _is_json_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _hashable_in(annotation: object, known: frozenset[Any]) -> bool:
    try:
        return annotation in known
    except TypeError:
        return False
