"""A queue that is full makes savers wait outside it, in order of arrival."""

import asyncio
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from milepost.adapters.store.journal import SqliteJournal, open_journal
from milepost.adapters.store.limits import CommitLimits, StoreLimits
from milepost.adapters.store.locks import COMMIT, open_locks
from milepost.adapters.store.room import Room
from milepost.adapters.store.turns import current_turns

from .saves import draft, plan, step

pytestmark = pytest.mark.anyio
PATIENCE = 60.0
"""Seconds after which a saver that should have room counts as hung."""
NARROW = StoreLimits(commits=CommitLimits(queued=4))


async def test_room_is_given_out_in_order_and_never_beyond_the_limit() -> None:
    room = Room(10, current_turns())
    entered: list[int] = []
    most = 0

    async def visit(number: int, size: int) -> None:
        nonlocal most
        await room.take(size)
        entered.append(number)
        most = max(most, room.taken)
        await anyio.sleep(0.001)
        room.give_back(size)

    sizes = [10, 9, 6, 8, 10, 7]
    async with anyio.create_task_group() as tasks:
        for number, size in enumerate(sizes):
            tasks.start_soon(visit, number, size)
            while len(entered) + room.waiting <= number:
                await anyio.lowlevel.checkpoint()
    assert entered == list(range(len(sizes)))
    assert most <= 10
    assert room.is_empty


async def test_what_is_larger_than_the_room_goes_in_alone() -> None:
    room = Room(10, current_turns())
    await room.take(50)
    with anyio.move_on_after(0.01) as scope:
        await room.take(1)
    assert scope.cancelled_caught
    room.give_back(50)
    await room.take(1)
    assert room.taken == 1


async def test_whoever_gives_up_waiting_takes_no_room() -> None:
    room = Room(10, current_turns())
    await room.take(10)
    with anyio.move_on_after(0.01):
        await room.take(10)
    room.give_back(10)
    assert room.is_empty
    with anyio.fail_after(PATIENCE):
        await room.take(10)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_whoever_is_cancelled_when_there_is_room_at_last_takes_none() -> None:
    room = Room(10, current_turns())
    await room.take(10)
    task = asyncio.ensure_future(room.take(10))
    while not room.waiting:
        await anyio.lowlevel.checkpoint()
    room.give_back(10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert room.is_empty


async def test_savers_wait_outside_a_full_queue(tmp_path: Path) -> None:
    path = tmp_path / "plans.db"
    async with open_journal(path, limits=NARROW) as journal:
        await journal.append(draft(plan()))
        other = open_locks(path.with_name("plans.db-lock"))
        other.lock(COMMIT)
        async with anyio.create_task_group() as tasks:
            scopes = [await tasks.start(_save, journal, f"s{number}") for number in range(6)]
            await anyio.sleep(0.05)
            scopes[0].cancel()
            scopes[4].cancel()
            await anyio.sleep(0.05)
            other.close()
        stored = await journal.plan_events(plan())
    streams = {one.event.originator_id.rpartition(".")[2] for one in stored[2:]}
    assert streams == {"s0", "s1", "s2", "s3", "s5"}


async def _save(
    journal: SqliteJournal,
    path: str,
    *,
    task_status: anyio.abc.TaskStatus[anyio.CancelScope],
) -> None:
    with anyio.CancelScope() as scope:
        task_status.started(scope)
        await journal.append(step(plan(), path))
