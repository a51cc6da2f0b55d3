"""Kinds and states as numbers."""

import pytest

from milepost.domain.errors import ValidationError
from milepost.domain.events import EVENT_TYPES, Impact
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus
from milepost.projections.codes import (
    KIND_CODES,
    PLAN_CODES,
    STEP_CODES,
    codes_from,
    codes_of,
    unversioned,
)


def test_every_kind_of_event_has_a_code_of_its_own() -> None:
    assert {unversioned(kind) for kind in EVENT_TYPES} == set(KIND_CODES)
    assert len(set(KIND_CODES.values())) == len(KIND_CODES)


def test_every_status_that_events_lead_to_has_a_code_of_its_own() -> None:
    assert set(PLAN_CODES) == set(PlanStatus)
    assert set(STEP_CODES) == set(StepStatus) - {StepStatus.READY}
    assert len(set(PLAN_CODES.values())) == len(PLAN_CODES)
    assert len(set(STEP_CODES.values())) == len(STEP_CODES)


@pytest.mark.parametrize("word", ["step.failed", "step.failed.v1", "step.failed.v7"])
def test_a_kind_is_found_with_and_without_its_version(word: str) -> None:
    assert codes_of([word]) == {KIND_CODES["step.failed"]}


def test_the_first_part_of_a_kind_names_all_that_begin_with_it() -> None:
    expected = {code for kind, code in KIND_CODES.items() if kind.startswith("step.")}
    assert codes_of(["step"]) == expected


def test_a_word_that_is_no_kind_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ValidationError, match=r"did you mean `step.failed`"):
        codes_of(["step.faild"])


def test_an_impact_names_all_kinds_that_reach_as_far() -> None:
    ends = {KIND_CODES[f"plan.{word}"] for word in ("completed", "failed", "cancelled")}
    assert codes_from(Impact.END) == ends
    assert codes_from(Impact.TRACE) == set(KIND_CODES.values())
    assert KIND_CODES["step.retrying"] not in codes_from(Impact.STEP)
