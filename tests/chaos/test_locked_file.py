"""A file that another program locks: a short lock is waited for, a long one is told clearly."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import pytest

import milepost
from milepost import Milepost, ToolCall
from milepost.adapters.store import journal
from milepost.adapters.store.limits import CommitLimits, StoreLimits
from milepost.domain.errors import StoreBusyError

from .conftest import Tallying
from .ledger import Ledger, read_ledger
from .processes import PATIENCE, Child
from .scene import Scene
from .sharing import hold
from .tools import note_call

pytestmark = [pytest.mark.chaos]
PLAN = {
    "name": "locked out",
    "steps": [
        {"id": "one", "tool": "look"},
        {"id": "lock", "tool": "lock", "depends_on": ["one"]},
        {"id": "two", "tool": "look", "depends_on": ["lock"]},
    ],
}


class Locker:
    """Tools over a scene, one of which has another process lock the file."""

    def __init__(self, scene: Scene, seconds: float) -> None:
        self.scene = scene
        self.ledger = Ledger(scene.ledger)
        self.children: list[Child] = []
        self.key = scene.folder / "key"
        """As soon as this file is there, the lock is opened."""
        self._seconds = seconds

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Milepost]:
        """Open the store with the tools."""

        @milepost.tool(effect="read")
        async def look(call: ToolCall) -> int:
            note_call(self.ledger, call)
            return 1

        @milepost.tool(effect="read")
        async def lock(call: ToolCall) -> int:
            note_call(self.ledger, call)
            if not self.children:
                await self._lock()
            return 2

        async with milepost.open(self.scene.store, tools=[look, lock]) as mp:
            yield mp

    async def _lock(self) -> None:
        child = Child(hold, self.scene.store, self.scene.ledger, self._seconds, self.key)
        child.go()
        self.children.append(child)
        while not self.ledger.entries("held"):
            await anyio.sleep(0.005)


async def test_a_lock_of_a_second_is_waited_for(scene: Scene, tally: Tallying) -> None:
    locker = Locker(scene, 1.0)
    with tally("another program holds BEGIN EXCLUSIVE for 1 s") as figures:
        async with locker.opened() as mp:
            result = await mp.run(PLAN)
        assert result.success, result
        assert result.duration.total_seconds() > 0.9, "nobody waited"
        figures.add(scene.problems(), "1 s")


async def test_a_longer_lock_is_told_and_nothing_is_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tally: Tallying
) -> None:
    limits = StoreLimits(commits=CommitLimits(busy_timeout=2.0))
    monkeypatch.setattr(journal, "StoreLimits", lambda: limits)
    locker = Locker(scene, PATIENCE)
    with tally("another program holds BEGIN EXCLUSIVE beyond the busy timeout") as figures:
        async with AsyncExitStack() as stack:
            mp = await stack.enter_async_context(locker.opened())
            with pytest.raises(StoreBusyError, match=r"locked .* try again"):
                await mp.run(PLAN)
            plan = scene.record().plans[0]
            assert (await mp.replay(plan)).equal, "the store can be read while it is locked"
            locker.key.touch()
            await anyio.to_thread.run_sync(locker.children[0].wait)
            results = await mp.resume(plan)
        assert results[0].success, results
        figures.add(scene.problems(), "with a busy timeout of 2 s")
    assert read_ledger(scene.ledger, "held")
