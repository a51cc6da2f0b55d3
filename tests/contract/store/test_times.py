"""What every store promises about the times of events."""

from datetime import UTC, datetime, timedelta, timezone
from typing import cast

import anyio
import pytest

from milepost.domain.errors import ValidationError
from milepost.domain.events import Event
from milepost.engine.journal import Save

from .conftest import OpenedStore, StoreUnderTest
from .saves import NOON, completed, draft, plan, started

pytestmark = pytest.mark.anyio


async def test_times_are_kept_to_the_microsecond_and_come_back_in_utc(
    store: StoreUnderTest,
) -> None:
    seoul = timezone(timedelta(hours=9))
    times = [
        datetime(1971, 1, 1, 0, 0, 0, 1, tzinfo=seoul),
        datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=seoul),
        datetime(2100, 2, 28, 12, 30, tzinfo=UTC),
    ]
    async with store.open() as journal:
        await journal.append(draft(plan(), time=times[0] - timedelta(seconds=1)))
        for number, time in enumerate(times):
            await journal.append(Save(plan(), [started(plan(), f"s{number}", time=time)], fence=1))
        stored = await journal.plan_events(plan())
    read = [one.event.timestamp for one in stored[2:]]
    assert read == times
    assert {time.utcoffset() for time in read} == {timedelta()}


def logged(journal: OpenedStore) -> list[Event]:
    """Return all events as the log has them."""
    mapper, recorder = journal.event_log().mapper, journal.event_log().recorder
    found = [mapper.to_domain_event(one) for one in recorder.select_notifications(1, 1000)]
    return cast("list[Event]", found)


async def test_times_never_run_backwards_by_position(store: StoreUnderTest) -> None:
    async with store.open() as journal, store.open() as other:
        await journal.append(draft(plan()))
        early = NOON - timedelta(hours=1)
        late = NOON + timedelta(hours=1)
        await journal.append(Save(plan(), [started(plan(), "a", time=late)], fence=1))
        await journal.append(Save(plan(), [started(plan(), "b", time=early)], fence=1))
        await other.append(draft(plan(2), time=NOON))
        times = [(one.timestamp, one.decided_at) for one in logged(journal)]
    kept = [(NOON, None), (NOON, None), (late, None)]
    assert times == [*kept, (late, early), (late, NOON), (late, NOON)]


async def test_an_owner_reads_the_times_at_which_it_decided(store: StoreUnderTest) -> None:
    late = NOON + timedelta(hours=1)
    events = [started(plan(), "a"), completed(plan(), "a", output="x" * 100_000)]
    async with store.open() as journal, store.open() as other:
        await journal.append(draft(plan()))
        await other.append(draft(plan(2), time=late))
        await journal.append(Save(plan(), events, fence=1))
        stored = await journal.plan_events(plan())
    assert [one.event for one in stored[2:]] == events


async def test_times_of_a_crowd_never_run_backwards(store: StoreUnderTest) -> None:
    async def add(journal: OpenedStore, number: int) -> None:
        time = NOON + timedelta(seconds=number * 7 % 40)
        name = f"s{number}"
        events = [started(plan(), name, time=time), completed(plan(), name, time=time)]
        await journal.append(Save(plan(), events, fence=1))

    async with store.open() as first:
        await first.append(draft(plan()))
        async with anyio.create_task_group() as tasks:
            for number in range(40):
                tasks.start_soon(add, first, number)
        times = [one.timestamp for one in logged(first)]
    assert times == sorted(times)
    assert len(set(times)) > 1


async def test_a_time_without_a_zone_is_refused(store: StoreUnderTest) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is refused
    event = started(plan(), "a").model_copy(update={"timestamp": naive})
    async with store.open() as journal:
        await journal.append(draft(plan()))
        with pytest.raises(ValidationError, match="zone"):
            await journal.append(Save(plan(), [event], fence=1))
        assert await journal.last_position() == 2
