"""Words that no store and no disk can hold are refused like any others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command
from .courses import SUMS

Write = Callable[..., Path]


LONG = "a" * 300
"""No file can have such a name."""


@pytest.mark.parametrize(
    "words",
    [
        ("plans", "--db", LONG),
        ("graph", LONG),
        ("run", LONG),
        ("run", "flow.yaml", "--db", LONG),
        ("resume", "last", "--folder", LONG),
        ("validate", LONG),
    ],
)
def test_a_name_too_long_for_any_file_is_refused_in_one_line(
    milepost: Command, workflow: Write, words: tuple[str, ...]
) -> None:
    milepost("run", workflow(SUMS))
    told = milepost(*words)

    assert told.code in (1, 2)
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("history", "last", "--after", "9" * 20),
        ("history", "last", "--step", "\udcff"),
        ("plans", "--name", "\udcff"),
        ("plans", "--cursor", "\udcff"),
        ("workflows", "--cursor", "w@\udcff"),
        ("show", "\udcff"),
        ("show", "last", "--as-of", "9" * 5000),
        ("checkpoint", "last", "--at", "9" * 5000),
        ("diff", "last", "9" * 5000),
    ],
)
def test_a_number_or_a_text_that_no_store_can_hold_is_refused_in_one_line(
    milepost: Command, workflow: Write, words: tuple[str, ...]
) -> None:
    milepost("run", workflow(SUMS))
    told = milepost(*words)

    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
