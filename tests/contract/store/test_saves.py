"""What every store promises about saves."""

import anyio
import anyio.lowlevel
import pytest

from milepost.domain.errors import FenceError, MilepostError, VersionConflictError
from milepost.domain.ids import PlanId
from milepost.engine.journal import Save

from .conftest import OpenedStore, StoreUnderTest
from .saves import completed, draft, ended, plan, started, step

pytestmark = pytest.mark.anyio


async def test_what_was_saved_is_read_back_in_order_with_gapless_positions(
    store: StoreUnderTest,
) -> None:
    first = draft(plan())
    second = step(plan(), "a", output={"n": [1, None]})
    async with store.open() as journal:
        assert await journal.append(first) == 2
        assert await journal.append(second) == 4
        stored = await journal.plan_events(plan())
    assert [one.position for one in stored] == [1, 2, 3, 4]
    assert [one.event for one in stored] == [*first.events, *second.events]


async def test_a_plan_is_read_without_the_plans_whose_ids_begin_like_it(
    store: StoreUnderTest,
) -> None:
    names = [PlanId(name) for name in ("sales", "sales-2", "sales_b", "salesx")]
    async with store.open() as journal:
        for name in names:
            await journal.append(draft(name))
            await journal.append(step(name, "a"))
        for name in names:
            stored = await journal.plan_events(name)
            streams = {one.event.originator_id for one in stored}
            assert streams == {name, f"{name}.a"}


async def test_an_unknown_plan_has_no_events(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        assert await journal.plan_events(plan(2)) == []
        assert await journal.stream_version(plan(2)) == 0
        assert await journal.stream_version(plan()) == 2


async def test_a_save_is_kept_whole_or_not_at_all(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        await journal.append(Save(plan(), [started(plan(), "b")], fence=1))
        torn = Save(plan(), [started(plan(), "a"), started(plan(), "b")], fence=1)
        with pytest.raises(VersionConflictError):
            await journal.append(torn)
        assert await journal.last_position() == 3
        assert await journal.stream_version(f"{plan()}.a") == 0
        assert await journal.append(step(plan(), "a")) == 5


@pytest.mark.parametrize("version", [1, 2, 4, 5])
async def test_a_version_that_does_not_follow_is_refused(
    store: StoreUnderTest, version: int
) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        await journal.append(step(plan(), "a"))
        wrong = Save(plan(), [completed(plan(), "a", version=version)], fence=1)
        with pytest.raises(VersionConflictError):
            await journal.append(wrong)
        assert await journal.last_position() == 4


async def test_versions_inside_one_save_must_follow_each_other(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        for versions in ([1, 3], [1, 1], [2, 1]):
            events = [started(plan(), "a", version=version) for version in versions]
            with pytest.raises(VersionConflictError):
                await journal.append(Save(plan(), events, fence=1))
        assert await journal.last_position() == 2


async def test_a_conflict_in_a_crowd_fails_only_its_own_save(store: StoreUnderTest) -> None:
    refused: list[int] = []

    async def add(journal: OpenedStore, number: int) -> None:
        path = "twice" if number % 5 == 0 else f"step{number}"
        try:
            await journal.append(step(plan(), path))
        except VersionConflictError:
            refused.append(number)

    async with store.open() as journal:
        await journal.append(draft(plan()))
        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(add, journal, number)
        stored = await journal.plan_events(plan())
    assert len(refused) == 9
    assert all(number % 5 == 0 for number in refused)
    assert [one.position for one in stored] == list(range(1, 2 + 2 * 41 + 1))


async def test_a_save_that_no_row_can_be_made_of_fails_alone(store: StoreUnderTest) -> None:
    outcomes: dict[str, str] = {}

    async def add(journal: OpenedStore, save: Save, name: str) -> None:
        try:
            await journal.append(save)
            outcomes[name] = "kept"
        except MilepostError as error:
            outcomes[name] = error.kind

    stray = Save(plan(9), [ended(plan(9), version=1)], new=True)
    async with store.open() as journal:
        await journal.append(draft(plan()))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(add, journal, step(plan(), "a"), "before")
            tasks.start_soon(add, journal, stray, "stray")
            tasks.start_soon(add, journal, step(plan(), "b"), "after")
        kept = [one.position for one in await journal.plan_events(plan())]
    assert outcomes["before"] == outcomes["after"] == "kept"
    if store.name == "sqlite":  # only a file has rows beside the log
        assert outcomes["stray"] == "unknown"
        assert kept == [1, 2, 3, 4, 5, 6]


async def test_a_new_plan_must_not_exist_yet(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        with pytest.raises(VersionConflictError, match="exists already"):
            await journal.append(draft(plan()))
        assert await journal.last_position() == 2


async def test_events_of_plans_and_steps_need_an_owner(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        for event in (started(plan(), "a"), ended(plan())):
            with pytest.raises(FenceError, match="claim it first"):
                await journal.append(Save(plan(), [event]))
        assert await journal.last_position() == 2


async def test_a_cancelled_saver_does_not_cancel_its_save(store: StoreUnderTest) -> None:
    begun: list[str] = []

    async def add(journal: OpenedStore, path: str) -> None:
        begun.append(path)
        await journal.append(step(plan(), path))

    async with store.open() as journal:
        await journal.append(draft(plan()))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(add, journal, "a")
            tasks.start_soon(add, journal, "b")
            while len(begun) < 2:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        await journal.append(step(plan(), "c"))
        streams = [one.event.originator_id for one in await journal.plan_events(plan())]
    kept = {stream.rpartition(".")[2] for stream in streams[2:]}
    assert "c" in kept
    assert len(streams) == 2 + 2 * len(kept)
    assert kept == {"a", "b", "c"}


async def test_nothing_is_saved_after_the_end_and_closing_twice_is_fine(
    store: StoreUnderTest,
) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        await journal.close()
        await journal.close()
        with pytest.raises(MilepostError, match="closed"):
            await journal.append(step(plan(), "a"))
    async with store.open() as journal:
        assert await journal.last_position() == 2


async def test_what_is_queued_when_the_store_closes_is_saved_first(store: StoreUnderTest) -> None:
    begun: list[int] = []
    saved: list[int] = []

    async def add(journal: OpenedStore, number: int) -> None:
        begun.append(number)
        saved.append(await journal.append(step(plan(), f"step{number}")))

    async with anyio.create_task_group() as tasks, store.open() as journal:
        await journal.append(draft(plan()))
        for number in range(20):
            tasks.start_soon(add, journal, number)
        while len(begun) < 20:
            await anyio.lowlevel.checkpoint()
    assert sorted(saved) == list(range(4, 44, 2))
    async with store.open() as journal:
        assert await journal.last_position() == 42


async def test_unfinished_plans_are_named_oldest_first(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        for number in (3, 1, 2):
            await journal.append(draft(plan(number)))
        await journal.append(Save(plan(1), [ended(plan(1))], fence=1))
        assert await journal.unfinished() == [plan(3), plan(2)]
