"""What every store promises about requests to a plan's owner."""

import math

import anyio
import pytest

from milepost.adapters.store import journal as sqlite

from .conftest import OpenedStore, StoreUnderTest
from .saves import draft, plan, request

pytestmark = pytest.mark.anyio
SEEN_WITHIN = 0.05
PATIENCE = 60.0
"""Seconds after which a request that should have been seen counts as overlooked."""


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


async def test_who_waits_for_requests_is_woken_by_one(
    store: StoreUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks for requests of its own accord."""
    monkeypatch.setattr(sqlite, "POLL", math.inf)
    async with store.open() as journal:
        await journal.append(draft(plan()))
        for version in range(1, 8):
            await _see(journal, journal, version=version)


async def test_a_request_through_another_opening_is_looked_for_again_and_again(
    store: StoreUnderTest,
) -> None:
    assert sqlite.POLL < SEEN_WITHIN
    async with store.open() as owner, store.open() as other:
        await owner.append(draft(plan()))
        for version in range(1, 6):
            await _see(owner, other, version=version)


async def test_other_events_wake_nobody(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        with anyio.move_on_after(0.1) as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(journal.next_requests, 0)
                await journal.append(draft(plan()))
        assert scope.cancelled_caught


async def _see(owner: OpenedStore, other: OpenedStore, *, version: int) -> None:
    """Make a request while its owner waits for one; return when it was seen."""
    after = await owner.last_position()
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(owner.next_requests, after)
            await anyio.sleep(0.01)
            await other.append(request(plan(), version=version))
