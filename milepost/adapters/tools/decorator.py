"""`@tool`: makes a Python function a tool that plans can name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, ParamSpec, TypeVar, overload

from milepost.domain.errors import ValidationError
from milepost.engine.tooling import Effect

from .function_tool import FunctionTool
from .signature import local_names, read_signature

P = ParamSpec("P")
R = TypeVar("R")

_NAME = re.compile(r"[^\W\d]\w*([.-]\w+)*")
_LONGEST_NAME = 100

EffectName = Literal["read", "write"]


@overload
def tool(
    fn: Callable[P, R],
    *,
    name: str | None = None,
    effect: EffectName | Effect = "write",
    version: str = "1",
) -> FunctionTool[P, R]: ...


@overload
def tool(
    *, name: str | None = None, effect: EffectName | Effect = "write", version: str = "1"
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...


def tool(
    fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    effect: EffectName | Effect = "write",
    version: str = "1",
) -> Any:
    """Make `fn` a tool; its schemas come from its annotations, its description from its docstring.

    A parameter annotated `ToolCall` receives the call and is no argument. `effect="read"` says
    that a call cut off by a crash may be repeated. Raises `ValidationError` for a signature that
    cannot be called by name.
    """
    if fn is not None:
        return _made(fn, name=name, effect=effect, version=version, names=local_names(1))

    def decorate(function: Callable[..., Any]) -> FunctionTool[..., Any]:
        return _made(function, name=name, effect=effect, version=version, names=local_names(1))

    return decorate


def _made(
    function: Callable[..., Any],
    *,
    name: str | None,
    effect: str,
    version: str,
    names: Mapping[str, Any],
) -> FunctionTool[..., Any]:
    chosen = name or str(getattr(function, "__name__", type(function).__name__))
    if len(chosen) > _LONGEST_NAME or _NAME.fullmatch(chosen) is None:
        raise ValidationError(
            f"{chosen!r} is no name for a tool",
            where="@tool",
            mend="use letters, digits and _, in parts joined by . or -, for example sales.load",
        )
    signature = read_signature(function, name=chosen, names_in_scope=names)
    return FunctionTool(
        function, signature, name=chosen, effect=_effect(effect, chosen), version=version
    )


def _effect(effect: str, name: str) -> Effect:
    try:
        return Effect(effect)
    except ValueError as error:
        raise ValidationError(
            f"effect {effect!r} is not known", where=f"tool {name}", mend="use read or write"
        ) from error
