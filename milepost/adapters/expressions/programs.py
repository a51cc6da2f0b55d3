"""Checked expressions: a path walked by ourselves, or a CEL program over what its paths lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import Expected
from milepost.domain.paths import Path
from milepost.domain.schema_types import ValueType
from milepost.domain.values import Json

from .bounds import Bound
from .messages import translated
from .results import as_json
from .structure import Rewritten, Slot

_SMALL = frozenset({int, float, bool, type(None)})
"""Types of values that an expression without macros cannot make large."""
_EXACT = 2**53
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a CEL program and the type it was checked with."""

    name: str
    slot: Slot
    type: ValueType


class PathProgram:
    """An expression that is only a path."""

    def __init__(self, path: Path, expect: Expected) -> None:
        self.source = path.source
        self.roots = frozenset({str(path.keys[0])})
        self.step_references = _steps([path])
        self._path = path
        self._expect = expect

    def evaluate(self, scope: Mapping[str, Json]) -> Json:
        """Return the value at the path."""
        value = self._path.resolve(scope)
        if self._expect == "bool" and not isinstance(value, bool):
            raise _no_condition(value, self.source)
        return value


class CelProgram:
    """An expression with operators or calls."""

    def __init__(
        self,
        source: str,
        expression: Any,  # noqa: ANN401 - untyped library
        variables: tuple[Variable, ...],
        rewritten: Rewritten,
        expect: Expected,
    ) -> None:
        paths = [variable.slot.path for variable in variables]
        self.source = source
        self.roots = frozenset(str(path.keys[0]) for path in paths)
        self.step_references = _steps(paths)
        self._expression = expression
        self._variables = variables
        self._expect = expect
        self._loops = bool(rewritten.loops)
        bound = Bound(rewritten)
        self._bound = bound if rewritten.loops or rewritten.concatenates else None

    def evaluate(self, scope: Mapping[str, Json]) -> Json:
        """Return the result; what is missing matters only if the result depends on it."""
        data: dict[str, Json] = {}
        missing: dict[str, ExpressionError] = {}
        for variable in self._variables:
            try:
                data[variable.name] = _read(variable, scope)
            except ExpressionError as error:
                missing[variable.name] = error
        try:
            return self._result(data, missing)
        except ExpressionError as error:
            raise explained(error, self.source) from error.__cause__

    def _result(self, data: dict[str, Json], missing: Mapping[str, ExpressionError]) -> Json:
        if self._bound is not None and (
            self._loops or not _SMALL.issuperset(map(type, data.values()))
        ):
            self._bound.check({each.slot: data.get(each.name) for each in self._variables})
        try:
            result = self._expression.eval(data=data)
            value = result.plain_value()
        except (RuntimeError, ValueError, TypeError, OverflowError) as error:
            raise translated(str(error), loops=self._loops) from error
        if value.__class__ is bool:
            return bool(value)
        if result.type().name() in {"ERROR", "UNKNOWN"}:
            raise self._fault(str(result.value()), missing)
        if self._expect == "bool":
            raise _no_condition(as_json(value), self.source)
        return as_json(value)

    def _fault(self, message: str, missing: Mapping[str, ExpressionError]) -> ExpressionError:
        for name, error in missing.items():
            if f'"{name}"' in message:
                return error
        return translated(message, loops=self._loops)


def explained(error: ExpressionError, source: str, *, where: str = "") -> ExpressionError:
    """Return the error with the expression in front of its problem, and `where` before that."""
    shown = " ".join(source.split())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    problem = error.problem if not error.where else f"{error.where}: {error.problem}"
    if error.where == shown:
        return ExpressionError(error.problem, where=error.where, mend=error.mend)
    return ExpressionError(f"`{shown}`: {problem}", where=where, mend=error.mend)


def _read(variable: Variable, scope: Mapping[str, Json]) -> Json:
    slot = variable.slot
    if slot.use == "has":
        return _has(slot.path, scope)
    value = slot.path.resolve(scope)
    if slot.use == "size":
        return _size(slot.path, value)
    if variable.type == "double" and value.__class__ is int:
        return _as_double(slot.path, value)
    if variable.type == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _has(path: Path, scope: Mapping[str, Json]) -> bool:
    parent = Path(path.source, path.keys[:-1]).resolve(scope)
    if isinstance(parent, Mapping):
        return path.keys[-1] in parent
    raise ExpressionError(
        f"has({path.source}) asks a value that is not an object", mend="ask for its parent first"
    )


def _size(path: Path, value: Json) -> int:
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise ExpressionError(f"size({path.source}) needs a list, a text or an object")


def _as_double(path: Path, value: Any) -> float:  # noqa: ANN401 - an int, by its class
    if abs(value) <= _EXACT:
        return float(value)
    raise ExpressionError(f"{path.source} is too large to be exact", mend="keep it below 2**53")


def _steps(paths: list[Path]) -> frozenset[str]:
    return frozenset(str(path.keys[1]) for path in paths if path.keys[0] == "steps")


def _no_condition(value: Json, source: str) -> ExpressionError:
    kind = type(value).__name__ if value is not None else "null"
    return ExpressionError(
        f"it gave {kind}, but a condition must be true or false",
        where=source,
        mend="compare it, for example `… > 0`",
    )
