"""The collector's pause while many objects are made."""

import gc

import pytest

from milepost.engine.core.bulk import in_bulk


@in_bulk
def is_collecting(*, failing: bool = False) -> bool:
    if failing:
        raise ArithmeticError
    return gc.isenabled()


def test_nothing_is_collected_in_the_meantime_and_then_it_is_again() -> None:
    assert not is_collecting()
    assert gc.isenabled()


def test_collecting_goes_on_after_work_that_failed() -> None:
    with pytest.raises(ArithmeticError):
        is_collecting(failing=True)
    assert gc.isenabled()


def test_a_program_that_collects_nothing_is_left_alone() -> None:
    gc.disable()
    try:
        assert not is_collecting()
        assert not gc.isenabled()
    finally:
        gc.enable()
