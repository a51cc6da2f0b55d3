"""Expressions give JSON, the same in every process, and errors that name the path."""

import pytest

from milepost.domain.errors import ExpressionError
from milepost.domain.values import Json

from .scope import evaluate


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("load.output.count > inputs.limit", True),
        ("load.output.count", 12),
        ("load.output.count + 1", 13),
        ("inputs.share * 1.5", 3.0),
        ("load.output.rows[0].name + inputs.region", "bEU"),
        ("load.output.rows[index].name == 'a'", True),
        ("load.output.rows.filter(r, r.n > 1).map(r, r.name)", ["a"]),
        ("load.output.rows.map(r, r.n > 1, r.name)", ["a"]),
        ("load.output.rows.exists(r, r.name == 'b')", True),
        ("load.output.rows.exists_one(r, r.n >= 1)", False),
        ("load.output.rows.all(r, item.tags.exists(t, t != r.name))", True),
        ("'a' in load.output.zones", True),
        ("size(load.output.rows) + load.output.text.size()", 5),
        ("size(load.output.zones) == 3", True),
        ("has(load.output.gone) ? 1 : 2", 2),
        ("has(load.output.nothing)", True),
        ("has(load.output.zones.m.y)", True),
        ("has(item.tags)", True),
        ('steps["any id"].output + steps["load-data"].output', 15),
        ("steps.load.output.count", 12),
        ("list.output.map(x, x * 2)", [2, 4]),
        ("type(load.output.count) == int", True),
        ("load.status", "completed"),
        ("load.error == null", True),
        ("previous == null && index == 1", True),
        ("context.total % 2", 1),
        ("string(load.output.count) + 'x'", "12x"),
        ("double(load.output.count) / 5.0", 2.4),
        ("int('7') + load.output.count", 19),
        ("load.output.text.startsWith('a') && load.output.text.matches('^[a-c]+$')", True),
        ('\'\'\'it\'s\'\'\' + """ "q" """', 'it\'s "q" '),
        ("load.output.count > 1 // a remark", True),
        ("-load.output.count", -12),
        ("!load.output.flag", False),
        ("load.output.rows == load.output.rows", True),
        ("inputs", {"a": 1}),
    ],
)
def test_an_expression_gives(source: str, value: Json) -> None:
    changes = {"inputs": {"a": 1}} if source == "inputs" else {}

    assert evaluate(source, **changes) == value


def test_maps_come_out_in_the_order_of_their_names() -> None:
    value = evaluate("{'z': 1, 'b': load.output.zones, 'a': [{'y': 1, 'x': 2}]}")

    assert isinstance(value, dict)
    assert list(value) == ["a", "b", "z"]
    assert list(value["b"]) == ["a", "m", "z"]  # type: ignore[arg-type]
    assert str(value["a"]) == "[{'x': 2, 'y': 1}]"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("load.output.gone > 1", "load.output.gone: there is no `gone` in load.output"),
        ("load.output.gone", "load.output.gone: there is no `gone` in load.output"),
        ("load.output.rows[9].name == 'a'", "there is no item 9; load.output.rows is a list of 2"),
        ("load.output.nothing.x == 1", "there is no `x`; load.output.nothing is null"),
        ("load.output.rows[index + 5].name", "there is no item 6 in a list of 2"),
        ("load.output.rows.map(r, r.gone)", 'there is no "gone" in a map; ask with has() first'),
        ("load.output.count + 1.5", "`+` does not take int and double"),
        ("load.output.count + load.output.share", "whole and other numbers do not mix"),
        ("load.output.text + 1", "wrap the other side in string()"),
        ("load.output.count ? 1 : 2", "a condition in it is neither true nor false"),
        ("load.output.text && true", "a condition in it is neither true nor false"),
        ("load.output.zones.map(k, k)", "go through lists, this is map"),
        ("load.output.nothing.all(k, k)", "go through lists, this is null"),
        ("has(load.output.nothing.x)", "asks a value that is not an object"),
        ("size(load.output.count) > 1", "needs a list, a text or an object"),
        ("1 / (load.output.count - 12)", "divide by zero"),
        ("load.output.count * 9223372036854775807", "integer overflow"),
        ("0.0 / 0.0", "holds nan, which is not JSON"),
        ("{1: 2}", "keys that are not text"),
        ("[b'x']", "holds bytes, which is not JSON"),
        ("[duration('1s')]", "holds a duration, which is not JSON; wrap it in string()"),
        ("load.output.text.matches('(')", "invalid regular expression"),
    ],
)
def test_an_evaluation_that_fails_says_why(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(source)

    assert message in str(caught.value)


@pytest.mark.parametrize("source", ["load.output.gone > 1 || true", "true || load.output.gone.x"])
def test_what_is_missing_matters_only_if_the_result_depends_on_it(source: str) -> None:
    assert evaluate(source) is True


def test_the_expression_stands_before_the_problem() -> None:
    with pytest.raises(ExpressionError, match=r"^`1 / load\.output\.gone`: load\.output\.gone: "):
        evaluate("1 / load.output.gone")


def test_a_condition_that_gives_no_truth_value_fails() -> None:
    with pytest.raises(ExpressionError, match="it gave int, but a condition must be true or false"):
        evaluate("load.output.count", expect="bool")
    with pytest.raises(ExpressionError, match="a condition must be true or false"):
        evaluate("[load.output.count][0]", expect="bool")


def test_comparisons_go_by_value_whatever_the_kind_of_number() -> None:
    assert evaluate("load.output.share > 1") is True
    assert evaluate("load.output.count == 12.0") is True


def test_a_declared_number_is_a_double_and_a_declared_integer_an_int() -> None:
    assert evaluate("inputs.share + 0.5", inputs={"share": 2}) == 2.5
    assert evaluate("inputs.limit + 1", inputs={"limit": 2.0}) == 3
    with pytest.raises(ExpressionError, match="too large to be exact"):
        evaluate("inputs.share + 0.5", inputs={"share": 2**53 + 1})


def test_an_integer_beyond_64_bits_is_refused() -> None:
    with pytest.raises(ExpressionError, match="out of range"):
        evaluate("inputs.anything == 1", inputs={"anything": 2**64})
