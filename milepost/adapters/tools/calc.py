"""`calc.evaluate`: arithmetic on numbers, exact until the last rounding, and never `eval`."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from fractions import Fraction

from milepost.engine.tooling import Tool

from .calc_functions import CONSTANTS, FUNCTIONS, OPERATORS, Number, applied, bounded, failed
from .decorator import tool

MAX_LENGTH = 1000
MAX_DEPTH = 60
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_ALLOWED = f"use numbers, + - * / // % **, ( ) and {', '.join(FUNCTIONS)}"


def calc_tools() -> list[Tool]:
    """Return the calculator."""

    @tool(name="calc.evaluate", effect="read")
    async def evaluate_expression(
        expression: str, variables: dict[str, int | float] | None = None
    ) -> int | float:
        """Evaluate arithmetic such as (10 + 20) * 1.5, with variables by name."""
        return evaluate(expression, variables or {})

    return [evaluate_expression]


def evaluate(expression: str, variables: Mapping[str, int | float]) -> int | float:
    """Return the value: whole for whole numbers, otherwise (and after `/`) a float.

    Decimals and quotients stay exact fractions until the end, so `0.1 + 0.2` is 0.3. Raises
    `ExecutionError` with the codes invalid_expression, division_by_zero and too_large.
    """
    if len(expression) > MAX_LENGTH:
        raise failed(f"is longer than {MAX_LENGTH} characters", code="too_large")
    scope = {**CONSTANTS, **{name: _exact(value) for name, value in variables.items()}}
    return _plain(_value(_parsed(expression), scope, depth=0))


def _parsed(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise failed(f"is not arithmetic ({reason}); {_ALLOWED}") from error


def _exact(value: object) -> Number:
    """Return a literal or variable: `int` as it is, `float` as the decimal it is written as."""
    if isinstance(value, int) and not isinstance(value, bool):
        return bounded(value)
    if isinstance(value, float) and math.isfinite(value):
        return bounded(Fraction(repr(value)))
    raise failed(f"{value!r} is not a number; {_ALLOWED}")


def _value(node: ast.expr, scope: Mapping[str, Number], *, depth: int) -> Number:
    """Return what a node stands for; every kind that is not arithmetic is refused."""
    if depth > MAX_DEPTH:
        raise failed(f"is nested deeper than {MAX_DEPTH} levels", code="too_large")
    match node:
        case ast.Constant(value=literal):
            return _exact(literal)
        case ast.Name(id=name) if name in scope:
            return scope[name]
        case ast.Name(id=name):
            raise failed(f"{name!r} is not known; give it in variables")
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
            value = _value(operand, scope, depth=depth + 1)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp():
            return _chained(node, scope, depth=depth + 1)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            operands = [_value(argument, scope, depth=depth + 1) for argument in args]
            return applied(name, FUNCTIONS[name], *operands)
    raise failed(f"{type(node).__name__} is not arithmetic; {_ALLOWED}")


def _chained(node: ast.expr, scope: Mapping[str, Number], *, depth: int) -> Number:
    """Return a chain such as `a + b - c`, left to right, without nesting for each link."""
    links: list[ast.BinOp] = []
    while isinstance(node, ast.BinOp):
        links.append(node)
        node = node.left
    total = _value(node, scope, depth=depth)
    for link in reversed(links):
        sign = type(link.op)
        if sign not in OPERATORS:
            raise failed(f"{sign.__name__} is not arithmetic; {_ALLOWED}")
        right = _value(link.right, scope, depth=depth)
        total = applied(sign.__name__, OPERATORS[sign], total, right)
    return total


def _plain(value: Number) -> int | float:
    if isinstance(value, Fraction):
        return float(applied("result", float, value))
    if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        raise failed("the result is beyond 64 bits; divide it by 1 for a float", code="too_large")
    return value
