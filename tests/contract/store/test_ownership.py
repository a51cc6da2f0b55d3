"""What every store promises about who may write a plan."""

import anyio
import pytest

from milepost.domain.errors import FenceError, OwnedElsewhereError, UnknownNameError
from milepost.engine.journal import Save

from .conftest import OpenedStore, StoreUnderTest
from .saves import draft, ended, plan, step

pytestmark = pytest.mark.anyio
PATIENCE = 60.0
"""Seconds after which a release that should have been stored counts as lost."""


async def test_who_makes_a_plan_owns_it(store: StoreUnderTest) -> None:
    async with store.open() as maker, store.open() as other:
        await maker.append(draft(plan()))
        await maker.append(step(plan(), "a"))
        with pytest.raises(FenceError):
            await other.append(step(plan(), "b"))
        assert maker.owner != other.owner


async def test_a_living_owner_is_not_displaced_by_a_claim(store: StoreUnderTest) -> None:
    async with store.open() as maker, store.open() as other:
        await maker.append(draft(plan()))
        with pytest.raises(OwnedElsewhereError, match="take-over"):
            await other.claim(plan())
        await maker.append(step(plan(), "a"))


async def test_who_owns_a_plan_elsewhere_is_told_as_long_as_it_lives(
    store: StoreUnderTest,
) -> None:
    async with store.open() as other:
        async with store.open() as owner:
            await owner.append(draft(plan()))
            assert await other.owned_elsewhere(plan())
            assert not await owner.owned_elsewhere(plan())
        assert not await other.owned_elsewhere(plan())
        await other.claim(plan())
        await other.release(plan())
        assert not await other.owned_elsewhere(plan())
        assert not await other.owned_elsewhere(plan(2))


async def test_taking_over_raises_the_fence_and_stops_the_old_owner(
    store: StoreUnderTest,
) -> None:
    async with store.open() as old, store.open() as new:
        await old.append(draft(plan()))
        fence = await new.claim(plan(), take_over=True)
        assert fence == 2
        with pytest.raises(FenceError, match="taken over from this process"):
            await old.append(step(plan(), "never touched before"))
        await new.append(step(plan(), "a", fence=fence))
        assert await new.stream_version(f"{plan()}.never touched before") == 0


async def test_a_save_without_events_only_asks_who_the_owner_is(store: StoreUnderTest) -> None:
    async with store.open() as old, store.open() as new:
        await old.append(draft(plan()))
        last = await old.last_position()
        await old.append(Save(plan(), (), fence=1))
        await new.claim(plan(), take_over=True)
        with pytest.raises(FenceError):
            await old.append(Save(plan(), (), fence=1))
        assert await new.last_position() == last


async def test_the_fence_of_another_plan_does_not_open_this_one(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan(1)))
        await journal.append(draft(plan(2)))
        assert await journal.claim(plan(2)) == 2
        with pytest.raises(FenceError):
            await journal.append(step(plan(1), "a", fence=2))


async def test_a_released_plan_is_anybodys_but_no_longer_its_owners(
    store: StoreUnderTest,
) -> None:
    async with store.open() as first, store.open() as second:
        await first.append(draft(plan()))
        await first.release(plan())
        fence = await _claim_when_released(second)
        assert fence == 2
        with pytest.raises(FenceError):
            await first.append(step(plan(), "a"))
        await second.append(step(plan(), "a", fence=2))


async def test_a_save_can_give_the_plan_up(store: StoreUnderTest) -> None:
    async with store.open() as first, store.open() as second:
        await first.append(draft(plan()))
        await first.append(Save(plan(), [ended(plan())], fence=1, release=True))
        assert await second.claim(plan()) == 2


async def test_a_refused_save_gives_nothing_up(store: StoreUnderTest) -> None:
    async with store.open() as first, store.open() as second:
        await first.append(draft(plan()))
        with pytest.raises(FenceError):
            await second.append(Save(plan(), [ended(plan())], fence=1, release=True))
        await first.append(step(plan(), "a"))


async def test_the_plans_of_a_closed_store_can_be_claimed(store: StoreUnderTest) -> None:
    async with store.open() as first:
        await first.append(draft(plan()))
    async with store.open() as second:
        assert await second.claim(plan()) == 2


async def test_a_plan_that_does_not_exist_cannot_be_claimed(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        with pytest.raises(UnknownNameError, match=plan()):
            await journal.claim(plan())


async def test_of_many_who_claim_at_once_the_last_fence_alone_is_good(
    store: StoreUnderTest,
) -> None:
    async with store.open() as first, store.open() as second:
        await first.append(draft(plan()))
        fences: dict[int, OpenedStore] = {}

        async def claim(journal: OpenedStore) -> None:
            fences[await journal.claim(plan(), take_over=True)] = journal

        async with anyio.create_task_group() as tasks:
            for number in range(6):
                tasks.start_soon(claim, (first, second)[number % 2])
        assert sorted(fences) == [2, 3, 4, 5, 6, 7]
        for fence, journal in fences.items():
            if fence < 7:
                with pytest.raises(FenceError):
                    await journal.append(step(plan(), "a", fence=fence))
        await fences[7].append(step(plan(), "a", fence=7))


async def _claim_when_released(journal: OpenedStore) -> int:
    """Claim as soon as the release is stored, which may take some milliseconds."""
    with anyio.fail_after(PATIENCE):
        while True:
            try:
                return await journal.claim(plan())
            except OwnedElsewhereError:
                await anyio.sleep(0.005)
