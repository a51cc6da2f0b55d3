"""Times, values and texts as the terminal shows them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.cli.screen import times
from milepost.adapters.cli.screen.terminal import clean, one_line
from milepost.adapters.cli.screen.values import brief, document, json_line
from milepost.domain.errors import ValidationError

STEERING = "\x1b[31m \x07 \x9b \u202e \u2028 \x00 \x7f \ud800"


@given(st.text())
def test_clean_text_holds_nothing_that_steers_a_terminal(text: str) -> None:
    shown = clean(text)

    assert all(
        character == "\n" or character.isprintable() or ord(character) > 0x9F for character in shown
    )
    assert not set(shown) & set("\x1b\x9b\u202e\u2066\u200f\x7f\r")


def test_what_could_steer_is_shown_as_an_escape() -> None:
    assert clean("a\x1b[2Jb\tc") == "a\\x1b[2Jb    c"
    assert one_line("a\nb\u202ec") == "a b\\u202ec"
    assert one_line("abcdef", 4) == "abc…"


@pytest.mark.parametrize("written", [document, json_line])
def test_json_that_is_printed_steers_nothing_and_reads_back_the_same(written: object) -> None:
    assert callable(written)
    value = {"text": STEERING, STEERING: [1, None, "é데"]}
    text = written(value)

    assert json.loads(text) == value
    assert not set(text) & set("\x1b\x9b\u202e\u2028\x7f\x00\x07")
    assert "é데" in text


def test_a_brief_value_is_one_short_line() -> None:
    assert brief("text") == "text"
    assert brief({"a": [1, 2]}) == '{"a": [1, 2]}'
    assert brief(None) == ""
    assert len(brief(list(range(1000)), 40)) == 40


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0s"),
        (0.00085, "850µs"),
        (0.0124, "12.4ms"),
        (0.9999, "1s"),
        (3.4219, "3.42s"),
        (42.04, "42.0s"),
        (59.94, "59.9s"),
        (59.97, "1m 00s"),
        (59.999, "1m 00s"),
        (125, "2m 05s"),
        (3600 * 5 + 120, "5h 02m"),
        (86400 * 3 + 3600, "3d 1h"),
    ],
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float, told: str) -> None:
    assert times.duration(timedelta(seconds=seconds)) == told


def test_a_moment_is_a_position_or_a_time() -> None:
    assert times.as_of(None) is None
    assert times.as_of("42") == 42
    assert times.as_of("2026-01-31T09:00:00+01:00") == datetime(2026, 1, 31, 8, tzinfo=UTC)
    with pytest.raises(ValidationError, match=r"^--as-of: 'soon' is not a position, or a time; "):
        times.as_of("soon")


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59:59-05:00"])
def test_the_ends_of_the_calendar_are_times(text: str) -> None:
    assert times.time_of(text, where="--since").tzinfo is UTC


def test_a_time_without_a_zone_is_this_computers() -> None:
    local = times.as_of("2026-01-31T09:00:00")

    assert isinstance(local, datetime)
    assert local.astimezone().replace(tzinfo=None) == datetime(2026, 1, 31, 9)  # noqa: DTZ001
