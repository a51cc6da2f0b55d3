"""`calc.evaluate` reckons exactly, stays small, and runs nothing."""

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from milepost.adapters.tools.calc import MAX_LENGTH, calc_tools, evaluate
from milepost.domain.errors import ExecutionError

from .calls import checked


@dataclass(frozen=True, slots=True)
class Sum:
    """An expression's text beside its exact value, which this file reckons by itself."""

    text: str
    value: Fraction


whole = st.integers(-999, 999).map(lambda number: Sum(f"({number})", Fraction(number)))
decimal = st.decimals(-99, 99, places=2).map(lambda number: Sum(f"({number})", Fraction(number)))


def combined(inner: st.SearchStrategy[Sum]) -> st.SearchStrategy[Sum]:
    def plus(left: Sum, right: Sum) -> Sum:
        return Sum(f"({left.text} + {right.text})", left.value + right.value)

    def minus(left: Sum, right: Sum) -> Sum:
        return Sum(f"({left.text} - {right.text})", left.value - right.value)

    def times(left: Sum, right: Sum) -> Sum:
        return Sum(f"({left.text} * {right.text})", left.value * right.value)

    def by(left: Sum, right: Sum) -> Sum:
        assume(right.value != 0)
        return Sum(f"({left.text} / {right.text})", left.value / right.value)

    def modulo(left: Sum, right: Sum) -> Sum:
        assume(right.value != 0)
        return Sum(f"({left.text} % {right.text})", left.value % right.value)

    def floored(left: Sum, right: Sum) -> Sum:
        assume(right.value != 0)
        return Sum(f"({left.text} // {right.text})", Fraction(left.value // right.value))

    def power(base: Sum, exponent: int) -> Sum:
        assume(base.value != 0 or exponent >= 0)
        return Sum(f"({base.text}) ** ({exponent})", base.value**exponent)

    pairs = [st.builds(make, inner, inner) for make in (plus, minus, times, by, modulo, floored)]
    return st.one_of(*pairs, st.builds(power, inner, st.integers(-3, 3)))


@given(st.recursive(whole | decimal, combined, max_leaves=10))
def test_the_value_is_the_exact_one_rounded_once(expected: Sum) -> None:
    assume(len(expected.text) <= MAX_LENGTH)
    assume(abs(expected.value) < 2**63)
    found = evaluate(expected.text, {})
    if isinstance(found, int):
        assert found == expected.value
    else:
        assert found == float(expected.value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("10 + 20", 30),
        ("0.1 + 0.2", 0.3),
        ("10 / 4", 2.5),
        ("6 / 2", 3.0),
        ("7 // 2", 3),
        ("-7 % 3", 2),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("2 + 3 * 4", 14),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("round(2.675, 2)", 2.68),
        ("round(2.5)", 2),
        ("max(1, 2, 3) - min(4, 5)", -1),
        ("sqrt(16)", 4.0),
        ("abs(-1.5)", 1.5),
        ("floor(1.9) + ceil(1.1)", 3),
        ("(-1) ** 99999999", -1),
        ("1 ** 99999999", 1),
        ("0 ** 99999999", 0),
        ("2 ** 4095 / 2 ** 4085", 1024.0),
        ("3 ** 2584 / 3 ** 2580", 81.0),
        ("1e3", 1000.0),
        ("+".join(["1"] * 500), 500),
    ],
)
def test_known_sums(expression: str, value: float) -> None:
    found = evaluate(expression, {})
    assert (found, type(found)) == (value, type(value))


async def test_the_tool_takes_variables_by_name() -> None:
    (calculator,) = calc_tools()
    assert await checked(calculator, expression="a * b", variables={"a": 10, "b": 0.5}) == 5.0
    assert await checked(calculator, expression="10 + 20") == 30
    assert calculator.check({"expression": "a", "variables": {"a": "1"}}) is not None


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("", "invalid_expression"),
        ("1 +", "invalid_expression"),
        ("1; 2", "invalid_expression"),
        ("x", "invalid_expression"),
        ("__import__('os')", "invalid_expression"),
        ("(1).real", "invalid_expression"),
        ("'a' * 3", "invalid_expression"),
        ("[1][0]", "invalid_expression"),
        ("lambda: 1", "invalid_expression"),
        ("(lambda: 1)()", "invalid_expression"),
        ("abs.__self__", "invalid_expression"),
        ("abs(*[1])", "invalid_expression"),
        ("round(1, ndigits=2)", "invalid_expression"),
        ("round(1.5, 99999999999)", "invalid_expression"),
        ("True + 1", "invalid_expression"),
        ("1 < 2", "invalid_expression"),
        ("1 << 999999", "invalid_expression"),
        ("~1", "invalid_expression"),
        ("1j", "invalid_expression"),
        ("f'{1}'", "invalid_expression"),
        ("(x := 1)", "invalid_expression"),
        ("[x for x in (1,)]", "invalid_expression"),
        ("min(1)", "invalid_expression"),
        ("log(0)", "invalid_expression"),
        ("sqrt(-1)", "invalid_expression"),
        ("(-8) ** (1 / 3)", "invalid_expression"),
        ("1e999", "invalid_expression"),
        ("(" * 300 + "1" + ")" * 300, "invalid_expression"),
        ("1 / 0", "division_by_zero"),
        ("1 % 0", "division_by_zero"),
        ("0 ** -1", "division_by_zero"),
        ("9 ** 9 ** 9", "too_large"),
        ("2 ** 4096 / 2 ** 4096", "too_large"),
        ("2 ** 64", "too_large"),
        ("10.5 ** 1000000", "too_large"),
        ("1e308 * 10", "too_large"),
        ("exp(1000)", "too_large"),
        ("-" * 900 + "1", "too_large"),
        ("1" * (MAX_LENGTH + 1), "too_large"),
    ],
)
def test_everything_else_is_refused(expression: str, code: str) -> None:
    with pytest.raises(ExecutionError) as caught:
        evaluate(expression, {})
    assert (caught.value.code, caught.value.retryable) == (code, False)
    assert len(str(caught.value)) < 300


def test_a_product_of_many_numbers_stays_bounded() -> None:
    numbers = {f"v{index}": 1.0123456789012345 for index in range(100)}
    expected = 1.0123456789012345**100
    assert evaluate(" * ".join(numbers), numbers) == pytest.approx(expected, rel=1e-12)
