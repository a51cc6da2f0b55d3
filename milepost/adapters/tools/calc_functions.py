"""The numbers, operators and functions of `calc.evaluate`, each bounded in size."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias, cast

from milepost.domain.errors import ExecutionError

Number: TypeAlias = int | Fraction | float
"""`int` stays whole; `Fraction` stands for a decimal or a quotient; `float` is inexact."""

MAX_BITS = 4096
"""No whole number grows beyond this; a fraction that would becomes a float."""

MAX_ROUND_DIGITS = 30


def failed(problem: str, *, code: str = "invalid_expression") -> ExecutionError:
    """Return the error of an expression; trying again cannot help."""
    return ExecutionError(f"expression: {problem}", code=code, retryable=False)


def bounded(value: Number) -> Number:
    """Return the number if it is finite and not too large; raise `ExecutionError` otherwise."""
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise failed(f"a number has more than {MAX_BITS} bits", code="too_large")
    elif isinstance(value, Fraction):
        return value if _bits(value) <= MAX_BITS else float(value)
    elif not isinstance(value, float):
        raise failed("the result is not a real number")
    elif not math.isfinite(value):
        raise failed("a number is too large", code="too_large")
    return value


def applied(name: str, function: Callable[..., Number], *operands: Number) -> Number:
    """Return the bounded result; translate what arithmetic raises."""
    try:
        return bounded(function(*operands))
    except ZeroDivisionError as error:
        raise failed("divides by zero", code="division_by_zero") from error
    except OverflowError as error:
        raise failed("a number is too large", code="too_large") from error
    except (TypeError, ValueError) as error:
        raise failed(f"{name}: {error}") from error


def _bits(value: int | Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _divided(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return Fraction(left, right)
    return left / right


def _floored(left: Number, right: Number) -> Number:
    quotient = left // right
    return quotient if isinstance(left, int) and isinstance(right, int) else _decimal(quotient)


def _decimal(value: Number) -> Number:
    return Fraction(value) if isinstance(value, int) else value


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _decimal(_power(base, exponent.numerator))
    if isinstance(exponent, int) and not isinstance(base, float):
        least_bits = (_bits(base) - 1) * abs(exponent)
        if least_bits <= MAX_BITS:
            return _whole_power(base, exponent)
        if isinstance(base, int) and exponent >= 0:
            raise failed(f"a number has more than {MAX_BITS} bits", code="too_large")
    return cast("Number", float(base) ** float(exponent))


def _whole_power(base: int | Fraction, exponent: int) -> Number:
    power: Number = base**exponent if exponent >= 0 else Fraction(base) ** exponent
    return power


def _rounded(value: Number, digits: Number | None = None) -> Number:
    if digits is None:
        return round(value)
    if not isinstance(digits, int) or abs(digits) > MAX_ROUND_DIGITS:
        raise ValueError(f"digits are a whole number up to {MAX_ROUND_DIGITS}")
    rounded: Number = round(value, digits)  # type: ignore[assignment] # each kind stays itself
    return rounded


OPERATORS: Mapping[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
    ast.FloorDiv: _floored,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "log10": math.log10,
    "max": max,
    "min": min,
    "round": _rounded,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
CONSTANTS: Mapping[str, Number] = {"e": math.e, "pi": math.pi}
