"""What every store promises about requests to a plan's owner."""

import anyio
import pytest

from milepost.adapters.store.journal import POLL

from .conftest import OpenedStore, StoreUnderTest
from .saves import draft, plan, request

pytestmark = pytest.mark.anyio
SEEN_WITHIN = 0.05


async def test_requests_of_anyone_come_with_the_plans_events(store: StoreUnderTest) -> None:
    async with store.open() as owner, store.open() as other:
        await owner.append(draft(plan()))
        await other.append(request(plan()))
        stored = await owner.plan_events(plan())
    assert [one.event.kind for one in stored][-1] == "request.made.v1"
    assert stored[-1].event.actor == "ann"


async def test_requests_that_are_there_are_returned_at_once_in_order(
    store: StoreUnderTest,
) -> None:
    async with store.open() as journal:
        for number in (1, 2):
            await journal.append(draft(plan(number)))
            await journal.append(request(plan(number)))
        found = await journal.next_requests(0)
        assert [one.position for one in found] == [3, 6]
        later = await journal.next_requests(3)
        assert [one.event.originator_id for one in later] == [f"{plan(2)}!requests"]


async def test_who_waits_for_requests_is_woken_by_one(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        waits = [await _seen_after(journal, journal, version=version) for version in range(1, 8)]
    assert sorted(waits)[2] < POLL / 4


async def test_a_request_through_another_opening_is_seen_soon(store: StoreUnderTest) -> None:
    async with store.open() as owner, store.open() as other:
        await owner.append(draft(plan()))
        waits = [await _seen_after(owner, other, version=version) for version in range(1, 6)]
    assert sorted(waits)[2] < SEEN_WITHIN


async def test_other_events_wake_nobody(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        with anyio.move_on_after(0.1) as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(journal.next_requests, 0)
                await journal.append(draft(plan()))
        assert scope.cancelled_caught


async def _seen_after(owner: OpenedStore, other: OpenedStore, *, version: int = 1) -> float:
    """Return the seconds between the end of the request's save and its being seen."""
    seen: list[float] = []
    after = await owner.last_position()

    async def watch() -> None:
        await owner.next_requests(after)
        seen.append(anyio.current_time())

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            await anyio.sleep(0.01)
            await other.append(request(plan(), version=version))
            made = anyio.current_time()
    return seen[0] - made
