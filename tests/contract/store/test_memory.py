"""The store in memory runs on any clock: an hour passes at once."""

import anyio
import pytest
import trio.testing

from milepost.adapters.store.memory import MemoryStore, open_memory_journal

from .saves import draft, plan, request, step


def test_an_hour_passes_at_once_on_a_clock_that_jumps() -> None:
    memory = MemoryStore()
    seen: list[float] = []

    async def watch() -> None:
        async with open_memory_journal(memory) as journal:
            await journal.next_requests(0)
            seen.append(trio.current_time())

    async def ask() -> None:
        async with open_memory_journal(memory) as journal:
            await journal.append(draft(plan()))
            await anyio.sleep(3600)
            await journal.append(request(plan()))

    async def run() -> float:
        begun = trio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            tasks.start_soon(ask)
        return begun

    begun = trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
    assert seen == [begun + 3600]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_two_memories_know_nothing_of_each_other() -> None:
    async with open_memory_journal(MemoryStore()) as first:
        await first.append(draft(plan()))
        await first.append(step(plan(), "a"))
        async with open_memory_journal(MemoryStore()) as second:
            assert await second.last_position() == 0
            assert await second.plan_events(plan()) == []
