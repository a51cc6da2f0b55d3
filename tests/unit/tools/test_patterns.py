"""Patterns that authors wrote: matched as Python does, and none for long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.tools.patterns import check_pattern, is_found
from milepost.domain.errors import LimitError, ValidationError

PARTS = st.sampled_from(
    [
        *("a", "b", ".", "[ab]", "[^a-]", "\\w", "\\)", "\\b", "[)*]", "^", "$"),
        *("a*", "b+?", "a?", "a{2}", "b{1,2}", "(a)", "(?:b|a)", "(?=a)", "(?<!b)", "(a|)"),
    ]
)


@given(st.lists(PARTS, max_size=6).map("".join), st.text("ab-) ", max_size=12))
def test_a_text_is_found_as_python_finds_it(pattern: str, text: str) -> None:
    check_pattern(pattern)
    assert is_found(pattern, text) == bool(re.search(pattern, text))


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "^(a|a)*$",
        "^(a|aa){2,}$",
        "^((a+)){30}$",
        "(?x)^(a+) +$",
        "^" + "a*" * 30 + "$",
        "^" + "a?" * 40 + "a" * 40 + "$",
    ],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    check_pattern(pattern)
    assert not is_found(pattern, "a" * 39 + "!")
    assert not is_found(pattern, "a" * 100_000 + "!")


def test_a_text_that_is_too_long_for_a_pattern_with_look_around_is_refused() -> None:
    pattern = "^(?=.*b)(?=.*c).*$"
    check_pattern(pattern)
    assert is_found(pattern, "a c b")
    with pytest.raises(LimitError, match="the length of a text for the pattern"):
        is_found(pattern, "a" * 100_000)


@pytest.mark.parametrize(
    "pattern", ["(", "[", "a{2,1}", "((?=a)a)+", "(a)(\\1)*", "^(a+)(?#then)+$", "*"]
)
def test_what_cannot_be_matched_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="is no pattern, or repeats groups"):
        check_pattern(pattern)
