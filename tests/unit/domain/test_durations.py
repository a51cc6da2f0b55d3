"""Durations are read from every spelling of the seeds, and written in one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from milepost.domain.durations import MAX_DURATION, Duration, format_duration, parse_duration
from milepost.domain.errors import ValidationError

DURATIONS = st.timedeltas(timedelta(), MAX_DURATION)


class Timed(BaseModel):
    timeout: Duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1w2d3h4m5s", 7 * 86400 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5),
        ("100ms", 0.1),
        ("1s500ms", 1.5),
        ("0.5h", 1800),
        (" 5m ", 300),
        ("PT5M", 300),
        ("P1DT12H", 129600),
        ("P2W", 14 * 86400),
        ("PT0.1S", 0.1),
        ("3", 3),
        ("1e3", 1000),
        (2, 2),
        (0.25, 0.25),
        (0, 0),
        (timedelta(minutes=3), 180),
    ],
)
def test_a_duration_is_read_in_every_spelling(text: object, expected: float) -> None:
    assert parse_duration(text) == timedelta(seconds=expected)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "5 minutes",
        "5m30",
        "5M",
        "-5s",
        "PT",
        "P",
        "P1DT",
        "P1Y",
        "1_0",
        "٣s",
        True,
        None,
        [],
        pytest.param("x" * 5_000, id="an endless text"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_way_to_write_one(value: object) -> None:
    with pytest.raises(ValidationError, match="is not a duration; write it like 30s") as caught:
        parse_duration(value)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "value",
    [
        -1,
        "-5",
        float("nan"),
        float("inf"),
        pytest.param(10**400, id="more than a float holds"),
        pytest.param(10**5_000, id="an endless number"),
        pytest.param("9" * 1_000_000, id="an endless text"),
        pytest.param("9" * 1_000_000 + "s", id="an endless text with its unit"),
        "3651d",
        timedelta(seconds=-1),
    ],
)
def test_a_duration_out_of_range_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="out of range for a duration; use one from 0 to 10"):
        parse_duration(value)


@given(DURATIONS)
def test_a_duration_comes_back_from_its_text(duration: timedelta) -> None:
    text = format_duration(duration)

    assert parse_duration(text) == duration
    assert TypeAdapter(timedelta).validate_python(text) == duration


@given(DURATIONS)
def test_a_duration_field_comes_back_from_json(duration: timedelta) -> None:
    assert Timed.model_validate_json(Timed(timeout=duration).model_dump_json()).timeout == duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(seconds=100), "PT100S"),
        (timedelta(milliseconds=1500), "PT1.5S"),
        (timedelta(microseconds=1), "PT0.000001S"),
    ],
)
def test_a_duration_is_written_in_seconds(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@given(st.text(max_size=20) | st.integers() | st.floats() | st.booleans() | st.none())
def test_anything_else_is_read_or_refused_cleanly(value: object) -> None:
    try:
        duration = parse_duration(value)
    except ValidationError:
        return
    assert timedelta() <= duration <= MAX_DURATION
