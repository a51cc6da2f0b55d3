"""Paths are read once and walked without copying; what is missing is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.errors import ExpressionError
from milepost.domain.paths import Path, parse_path, unquote, written

from .scope import OUTPUT, SCOPE


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("load", ("load",)),
        ("load.output.rows[0].name", ("load", "output", "rows", 0, "name")),
        ('steps["any id"].output', ("steps", "any id", "output")),
        ("steps['it\\'s'].output", ("steps", "it's", "output")),
        (r'steps[r"a\b"].output', ("steps", r"a\b", "output")),
        ('steps["""a"b"""]', ("steps", 'a"b')),
        (" load . output [ 3 ] ", ("load", "output", 3)),
        (r'a["é\x41\n"]', ("a", "éA\n")),
    ],
)
def test_a_path_is_read_to_its_keys(source: str, keys: tuple[str | int, ...]) -> None:
    assert parse_path(source) == keys


@pytest.mark.parametrize(
    "source",
    [
        *("", "1", "a + b", "a[b]", "a.b()", "a[-1]", "true", "null", "'a'.b", "a..b", "a.", "a["),
        *('a[b"x"]', "a[1.5]", "a.0", ".a", "a b", 'a["\\q"]', "데이터.output", "a\n// x"),
    ],
)
def test_what_is_more_than_a_path_is_left_to_the_expression_language(source: str) -> None:
    assert parse_path(source) is None


@given(st.text(max_size=30).filter(lambda text: "\\" not in text and '"' not in text))
def test_any_text_without_escapes_can_be_a_key(text: str) -> None:
    if "\n" in text or "\r" in text:
        assert parse_path(f'steps["{text}"]') is None
    else:
        assert parse_path(f'steps["{text}"]') == ("steps", text)
        assert unquote(f'"{text}"') == text


def test_a_path_gives_the_value_itself_not_a_copy() -> None:
    assert Path("x", ("steps", "load", "output")).resolve(SCOPE) is OUTPUT


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("steps", "load", "output", "cuont"), "there is no `cuont` in load.output; did you mean"),
        (("steps", "load", "output", "rows", 2), "there is no item 2; load.output.rows is a list"),
        (("steps", "load", "output", "text", 0), "no item 0; load.output.text is a text"),
        (("steps", "load", "output", "nothing", "x"), "no `x`; load.output.nothing is null"),
        (("steps", "load", "output", "rows", "x"), "no `x`; load.output.rows is a list of 2"),
        (("steps", "load", "output", 0), "there is no item 0; load.output is an object"),
        (("steps", "any id", "output", "x"), 'no `x`; steps["any id"].output is a number'),
        (("steps", "gone"), "there is no `gone` in steps"),
        (("inputs", "wanted", "x"), "no `x`; inputs.wanted is true"),
    ],
)
def test_what_is_missing_is_named_with_what_was_there(
    keys: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        Path("the.path", keys).resolve(SCOPE)

    assert str(caught.value).startswith("the.path: ")
    assert message in str(caught.value)


def test_keys_are_written_as_an_author_would() -> None:
    assert written(("steps", "any id", "output", 0, "x")) == 'steps["any id"].output[0].x'
