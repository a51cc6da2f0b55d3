"""CEL behind the expression port: compiled once, checked against the scope, bounded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cel_expr_python import cel  # type: ignore[import-untyped] # ships no py.typed

from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import MAX_SOURCE, Expected, Program, ScopeTypes
from milepost.domain.paths import Path, parse_path
from milepost.domain.schema_types import ValueType

from .messages import syntax_error, translated
from .programs import CelProgram, PathProgram, Variable, explained
from .rewriting import rewrite
from .structure import Rewritten, Slot
from .tokens import tokenize

_TYPES: dict[ValueType, Any] = {
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "bool": cel.Type.BOOL,
    "list": cel.Type.List(cel.Type.DYN),
    "map": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    "dyn": cel.Type.DYN,
}
_NOT_JSON = {
    cel.Type.TIMESTAMP.name(): "a timestamp",
    cel.Type.DURATION.name(): "a duration",
    cel.Type.BYTES.name(): "bytes",
}
_CONDITIONS = frozenset({"bool", "dyn"})


class CelExpressions:
    """Expressions in CEL (https://cel.dev) with lists only to go through, and JSON results."""

    def compile(
        self, source: str, *, scope: ScopeTypes, expect: Expected = "any", where: str = ""
    ) -> Program:
        """Return the checked program; see `milepost.domain.expressions.Expressions`."""
        try:
            return _compiled(source, scope, expect)
        except ExpressionError as error:
            raise explained(error, source, where=where) from error.__cause__


def _compiled(source: str, scope: ScopeTypes, expect: Expected) -> Program:
    if len(source) > MAX_SOURCE:
        raise ExpressionError(
            f"it has {len(source):,} characters, at most {MAX_SOURCE:,} are allowed",
            mend="split it into steps",
        )
    keys = parse_path(source)
    if keys is None:
        return _program(source, scope, expect)
    path = Path(source.strip(), scope.locate(keys))
    kind = scope.type_of(path.keys)
    if expect == "bool" and kind not in _CONDITIONS:
        raise _not_a_condition(kind)
    return PathProgram(path, expect)


def _program(source: str, scope: ScopeTypes, expect: Expected) -> Program:
    rewritten = _rewritten(source, scope)
    variables = tuple(
        Variable(name, slot, _type_of(slot, scope)) for slot, name in rewritten.slots.items()
    )
    types = tuple((variable.name, variable.type) for variable in variables)
    try:
        checked = _checked(rewritten.text, types)
    except RuntimeError as error:
        fault = _syntax_fault(source) or translated(str(error), loops=bool(rewritten.loops))
        raise fault from error
    _refuse_result(checked.type_name, expect)
    return CelProgram(source, checked.expression, variables, rewritten, expect)


def _rewritten(source: str, scope: ScopeTypes) -> Rewritten:
    tokens = tokenize(source)
    try:
        return rewrite(tokens, scope)
    except ExpressionError as error:
        raise _syntax_fault(source) or error from error


def _type_of(slot: Slot, scope: ScopeTypes) -> ValueType:
    kind = scope.type_of(slot.path.keys)
    return {"has": "bool", "size": "int"}.get(slot.use, kind)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _Checked:
    expression: Any
    type_name: str


@lru_cache(maxsize=4096)
def _checked(text: str, types: tuple[tuple[str, ValueType], ...]) -> _Checked:
    """Compile a rewritten text; shared by all plans that use it."""
    expression = _environment(types).compile(text)
    return _Checked(expression, expression.return_type().name())


@lru_cache(maxsize=512)
def _environment(types: tuple[tuple[str, ValueType], ...]) -> Any:  # noqa: ANN401 - untyped library
    return cel.NewEnv(variables={name: _TYPES[kind] for name, kind in types})


def _syntax_fault(source: str) -> ExpressionError | None:
    """Return the parser's own complaint about the expression as written."""
    try:
        _environment(()).compile(source, disable_check=True)
    except RuntimeError as error:
        return syntax_error(str(error))
    return None


def _refuse_result(type_name: str, expect: Expected) -> None:
    if expect == "bool" and type_name.lower() not in _CONDITIONS:
        raise _not_a_condition(type_name.lower())
    if type_name in _NOT_JSON:
        raise ExpressionError(
            f"it gives {_NOT_JSON[type_name]}, which is not JSON", mend="wrap it in string()"
        )


def _not_a_condition(kind: str) -> ExpressionError:
    return ExpressionError(
        f"it gives {kind}, but a condition must be true or false",
        mend="compare it, for example `… > 0`",
    )
