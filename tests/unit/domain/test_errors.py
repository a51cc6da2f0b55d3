"""Errors have one base, a stable word, an exit code, and say where, what and how to mend."""

import pytest

from milepost.domain import errors
from milepost.domain.errors import (
    DependencyError,
    ExecutionError,
    LimitError,
    MilepostError,
    RefusedError,
    StoreError,
    UnknownNameError,
    ValidationError,
)

CLASSES = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, Exception)
]


def test_one_base_catches_them_all() -> None:
    assert len(CLASSES) > 10
    assert all(issubclass(found, MilepostError) for found in CLASSES)


def test_each_has_a_word_of_its_own() -> None:
    words = [found.kind for found in CLASSES]

    assert sorted(words) == sorted(set(words))


def test_refused_input_ends_a_command_with_two_and_failures_with_one() -> None:
    assert {found.exit_code for found in CLASSES if issubclass(found, RefusedError)} == {2}
    assert {ExecutionError.exit_code, StoreError.exit_code, MilepostError.exit_code} == {1}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValidationError("it is wrong"), "it is wrong"),
        (ValidationError("it is wrong", where="plan.yaml"), "plan.yaml: it is wrong"),
        (
            ValidationError("it is wrong", where="plan.yaml", mend="make it right"),
            "plan.yaml: it is wrong; make it right",
        ),
        (
            LimitError("the size", allowed=3, given=4, where="a"),
            "a: the size is at most 3, this is 4",
        ),
        (UnknownNameError("there is no plan p1"), "there is no plan p1"),
    ],
    ids=["what", "where", "mend", "limit", "name"],
)
def test_a_message_says_where_what_and_how_to_mend(error: MilepostError, text: str) -> None:
    assert str(error) == text


def test_a_faulty_dependency_is_also_a_faulty_plan() -> None:
    error = DependencyError("a waits for b", ids=["a", "b"])

    assert isinstance(error, ValidationError)
    assert error.ids == ("a", "b")
