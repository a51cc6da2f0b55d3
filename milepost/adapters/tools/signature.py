"""Reading a function's signature: which arguments a tool takes and what it returns."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from milepost.domain.errors import ValidationError
from milepost.domain.values import Json, JsonScalar
from milepost.engine.tooling import ToolCall

REQUIRED: Any = inspect.Parameter.empty
"""The default of a parameter that has none."""

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument: its type, and its default or `REQUIRED`."""

    annotation: Any
    default: Any


@dataclass(frozen=True, slots=True)
class Signature:
    """What a tool takes; `call_name` is the parameter that receives the `ToolCall`, if any."""

    parameters: Mapping[str, Parameter]
    call_name: str | None
    returns: Any


def read_signature(
    function: Callable[..., Any], *, name: str, names_in_scope: Mapping[str, Any]
) -> Signature:
    """Return the signature; raise `ValidationError` for what cannot be called by name."""
    where = f"tool {name}"
    _refuse_generators(function, where=where)
    hints = _hints(function, where=where, names_in_scope=names_in_scope)
    parameters: dict[str, Parameter] = {}
    call_name: str | None = None
    for parameter in inspect.signature(function).parameters.values():
        _refuse_unnamed(parameter, where=where)
        annotation = hints.get(parameter.name, Any)
        if annotation is ToolCall:
            call_name = parameter.name
        else:
            parameters[parameter.name] = Parameter(annotation, parameter.default)
    return Signature(parameters, call_name, hints.get("return", Any))


def _refuse_generators(function: Callable[..., Any], *, where: str) -> None:
    if not inspect.isroutine(function):
        raise ValidationError(
            f"{type(function).__name__} is not a function", where=where, mend="decorate a function"
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ValidationError(
            "a tool returns one value, this function yields",
            where=where,
            mend="take a parameter annotated ToolCall and stream with its emit(kind, value)",
        )


def _refuse_unnamed(parameter: inspect.Parameter, *, where: str) -> None:
    if parameter.kind not in _NAMED:
        raise ValidationError(
            f"parameter {parameter.name} cannot be given by name",
            where=where,
            mend="replace *args, **kwargs and positional-only parameters by named ones",
        )


def _hints(
    function: Callable[..., Any], *, where: str, names_in_scope: Mapping[str, Any]
) -> dict[str, Any]:
    scope = {**names_in_scope, **_json_names(function, names_in_scope)}
    written = getattr(function, "__annotations__", {})
    try:
        hints = get_type_hints(function, localns=scope, include_extras=True)
    except NameError as error:
        raise ValidationError(
            f"an annotation names {error.name!r}, which is not there at run time",
            where=where,
            mend="define or import it before the function, outside of TYPE_CHECKING",
        ) from error
    return {name: Any if written.get(name) is Json else hint for name, hint in hints.items()}


def _json_names(function: Callable[..., Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    """Map our recursive text alias `Json`, under whatever name it was imported, to `Any`."""
    visible = {**getattr(inspect.unwrap(function), "__globals__", {}), **scope}
    names = {name: Any for name, value in visible.items() if value is Json}
    alone = {"Json": Any, "JsonScalar": JsonScalar}
    return names | {name: value for name, value in alone.items() if name not in visible}


def local_names(depth: int) -> Mapping[str, Any]:
    """Return the local names of the caller `depth` frames up, for classes made in functions."""
    return dict(sys._getframe(depth + 1).f_locals)  # noqa: SLF001 - the only way to see them
