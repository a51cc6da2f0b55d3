"""The times of events: whatever zone they are written in, they are read in UTC."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from milepost.domain.events import StepStarted


def test_a_time_of_another_zone_is_the_same_moment_in_utc() -> None:
    event = started_at("2026-05-01T14:00:00+02:00")
    assert event.timestamp == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert event.timestamp.tzinfo is UTC


def test_a_time_that_has_no_year_in_utc_is_refused() -> None:
    with pytest.raises(ValidationError, match="outside of the years 1 to 9999"):
        started_at("9999-12-31T23:59:59-02:00")


def started_at(time: str) -> StepStarted:
    return StepStarted.model_validate(
        {"originator_id": "p1.a", "originator_version": 1, "timestamp": time}
    )
