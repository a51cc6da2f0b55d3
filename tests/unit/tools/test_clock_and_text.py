"""`time.now` and `text.join`."""

from datetime import UTC, datetime

import pytest

from milepost.adapters.tools.clock import clock_tools
from milepost.adapters.tools.text import text_tools
from milepost.domain.errors import ExecutionError
from milepost.engine.tooling import Effect, Tool

from .calls import checked


@pytest.fixture
def clock() -> Tool:
    (tool,) = clock_tools(lambda: datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    return tool


async def test_the_time_is_told_in_utc_by_default(clock: Tool) -> None:
    assert await checked(clock) == {
        "iso": "2026-01-01T23:30:00+00:00",
        "date": "2026-01-01",
        "time": "23:30:00",
        "zone": "UTC",
        "unix": 1767310200.0,
    }
    assert clock.effect is Effect.READ


async def test_another_zone_may_have_another_date(clock: Tool) -> None:
    moment = await checked(clock, zone="Asia/Seoul")
    assert (moment["iso"], moment["date"]) == ("2026-01-02T08:30:00+09:00", "2026-01-02")


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../../etc/passwd", "/etc/passwd", "Asia", "\0"])
async def test_an_unknown_zone_is_refused(clock: Tool, zone: str) -> None:
    with pytest.raises(ExecutionError) as caught:
        await checked(clock, zone=zone)
    assert caught.value.code == "invalid_argument"


async def test_texts_are_joined_and_other_values_written_as_json() -> None:
    (join,) = text_tools()
    assert await checked(join, parts=["a", 1, None, {"b": [True]}], separator=" ") == (
        'a 1 null {"b":[true]}'
    )
    assert await checked(join, parts=["a", "b"]) == "a\nb"
