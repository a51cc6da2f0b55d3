"""No expression can take a process down: growth, iterations and work are bounded."""

import pytest

from milepost.adapters.expressions import CelExpressions
from milepost.domain.errors import ExpressionError
from milepost.domain.values import Json

from .scope import TYPES, evaluate


def with_anything(source: str, value: Json) -> Json:
    return evaluate(source, inputs={"anything": value})


@pytest.mark.parametrize(
    "source",
    [
        "['a']" + ".map(a, a + a)" * 10,
        "[[1]]" + ".map(a, [a, a])" * 10,
        "[1].map(a, " * 10 + "[" + "a, " * 2 + "a]" + ")" * 10,
        (
            "[[1]].map(a, a + a + a + a + a + a).map(b, b + b + b + b + b + b)"
            ".map(c, c + c + c + c + c + c).map(d, d + d + d + d + d + d)"
        ),
    ],
)
def test_an_expression_that_doubles_its_values_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError, match=r"may repeat a value|hides another name"):
        CelExpressions().compile(source, scope=TYPES)


def test_a_modest_growth_is_fine() -> None:
    assert evaluate("['a']" + ".map(a, a + a)" * 8 + "[0].size()") == 256


@pytest.mark.parametrize(
    "source",
    [
        "inputs.anything.map(x, inputs.anything)",
        "inputs.anything.map(x, inputs.anything + [x])",
        "inputs.anything.all(x, 'z' in inputs.anything)",
        "inputs.anything.all(x, inputs.anything.all(y, y in inputs.anything))",
        "[inputs.anything].all(x, inputs.anything.all(y, y in x))",
    ],
)
def test_work_beyond_the_bound_is_refused_at_once(source: str) -> None:
    value: Json = [f"text {number}" for number in range(9_000)]
    with pytest.raises(ExpressionError, match=r"it may touch .* bytes, at most 67,108,864"):
        with_anything(source, value)


def test_long_texts_cannot_be_multiplied() -> None:
    source = "[" + "inputs.anything + inputs.anything, " * 20 + "'']"
    with pytest.raises(ExpressionError, match="it may touch"):
        with_anything(source, "x" * 5_000_000)


def test_work_within_the_bound_is_done() -> None:
    value: Json = [{"id": number, "tags": [number, number + 1]} for number in range(2_000)]

    assert with_anything("inputs.anything.all(r, r.tags.exists(t, t == r.id))", value) is True
    assert with_anything("inputs.anything.filter(r, r.id in [5, 7]).map(r, r.id)", value) == [5, 7]
    assert (
        with_anything(
            "size(inputs.anything.map(r, {'id': r.id, 'at': inputs.anything[0].id}))", value
        )
        == 2_000
    )


@pytest.mark.parametrize(("length", "allowed"), [(9_999, True), (10_000, False)])
def test_iterations_are_counted(length: int, *, allowed: bool) -> None:
    value: Json = list(range(length))
    if allowed:
        assert with_anything("inputs.anything.all(x, x >= 0)", value) is True
    else:
        with pytest.raises(ExpressionError, match="more than 9,999 iterations"):
            with_anything("inputs.anything.all(x, x >= 0)", value)


def test_iterations_of_nested_macros_are_counted_together() -> None:
    with pytest.raises(ExpressionError, match="more than 9,999 iterations"):
        with_anything(
            "inputs.anything.all(a, inputs.anything.all(b, inputs.anything.all(c, true)))",
            list(range(200)),
        )


def test_the_size_of_a_long_list_is_asked_without_going_through_it() -> None:
    assert with_anything("size(inputs.anything) > 9999", [None] * 1_000_000) is True
