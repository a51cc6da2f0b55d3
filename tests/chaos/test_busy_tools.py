"""A tool that keeps the loop or the interpreter busy: others' commits and reads go through."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

import milepost

from .conftest import Tallying
from .scene import Scene

pytestmark = [pytest.mark.chaos]
PLANS = 8
READS = 10
PATIENCE = 30.0
"""Seconds after which a tool that hogs gives up on what it waits for."""


def steps(*tools: str) -> dict[str, Any]:
    """Return a plan of steps in a row, one for each tool."""
    return {
        "name": tools[-1],
        "steps": [
            {"id": f"s{at}", "tool": tool, "depends_on": [f"s{at - 1}"] if at else []}
            for at, tool in enumerate(tools)
        ],
    }


class Observer:
    """Looks at the file from a thread, with a connection of its own, as another program would."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._stopping = threading.Event()
        self.looks: list[tuple[float, int]] = []
        """When it looked, and the last position that it saw."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def _look(self) -> None:
        with closing(sqlite3.connect(self._store)) as connection:
            while not self._stopping.wait(0.002):
                row = connection.execute("SELECT max(rowid) FROM stored_events").fetchone()
                self.looks.append((time.monotonic(), row[0] or 0))

    def commits(self, begin: float, end: float) -> list[float]:
        """Return when new events were first seen between two times."""
        times, seen = [], None
        for moment, position in self.looks.copy():
            if begin <= moment <= end:
                if seen is not None and position > seen:
                    times.append(moment)
                seen = position
        return times

    def reads(self, begin: float, end: float) -> int:
        """Return how many reads were answered between two times."""
        return sum(begin < moment < end for moment, _position in self.looks.copy())


class Busy:
    """Tools of which one hogs a processor, each in its own way, until enough went by it."""

    def __init__(self, enough: Callable[[float, float], bool]) -> None:
        self._enough = enough
        self.begun = self.ended = 0.0
        self.handed_over = anyio.Event()

    def tools(self) -> list[Any]:
        @milepost.tool(effect="read")
        async def quick() -> int:
            await checkpoint()
            return 1

        @milepost.tool(effect="read")
        async def hand_over() -> int:
            self.handed_over.set()
            return 1

        @milepost.tool(effect="read")
        async def never_awaits() -> int:
            await self.handed_over.wait()
            return self._hog()

        @milepost.tool(effect="read")
        async def only_yields() -> int:
            self.begun = time.monotonic()
            while self._goes_on():
                await checkpoint()
            self.ended = time.monotonic()
            return 1

        @milepost.tool(effect="read")
        def computes() -> int:
            return self._hog()

        return [quick, hand_over, never_awaits, only_yields, computes]

    def _hog(self) -> int:
        self.begun = time.monotonic()
        while self._goes_on():
            sum(range(1000))
        self.ended = time.monotonic()
        return 1

    def _goes_on(self) -> bool:
        now = time.monotonic()
        return now < self.begun + PATIENCE and not self._enough(self.begun, now)


async def run_beside(scene: Scene, observer: Observer, busy: Busy, tool: str) -> None:
    """Run quick plans without end beside one step of a tool that hogs."""
    async with milepost.open(scene.store, tools=busy.tools()) as mp:
        await mp.run(steps("quick", "quick"))

        async def keep_running() -> None:
            while not busy.ended:
                assert (await mp.run(steps(*["quick"] * 10))).success

        with observer.watching():
            async with anyio.create_task_group() as tasks:
                for _plan in range(PLANS):
                    tasks.start_soon(keep_running)
                await anyio.sleep(0.1)
                assert (await mp.run(steps(tool))).success


@pytest.mark.parametrize("tool", ["only_yields", "computes"])
async def test_others_go_on_beside_a_busy_tool(scene: Scene, tool: str, tally: Tallying) -> None:
    observer = Observer(scene.store)
    busy = Busy(lambda begun, now: len(observer.commits(begun, now)) >= PLANS)
    with tally(f"a tool that {tool.replace('_', ' ')} beside {PLANS} plans") as figures:
        await run_beside(scene, observer, busy, tool)
        times = observer.commits(busy.begun, busy.ended)
        gap = max(later - earlier for earlier, later in pairwise([busy.begun, *times, busy.ended]))
        figures.remark(f"longest gap between commits {gap * 1000:.0f} ms")
        found = [] if len(times) >= PLANS else [f"only {len(times)} commits"]
        figures.add(found + scene.problems(), tool)


async def test_what_is_queued_is_committed_and_read_while_the_loop_is_blocked(
    scene: Scene, tally: Tallying
) -> None:
    """One step of many hands over and ends; before that can be saved, another blocks the loop."""
    observer = Observer(scene.store)
    busy = Busy(
        lambda begun, now: bool(observer.commits(begun, now)) and observer.reads(begun, now) > READS
    )
    with tally("a tool that blocks the loop while a save is queued") as figures:
        async with milepost.open(scene.store, tools=busy.tools()) as mp:
            await mp.run(steps("quick", "quick"))
            with observer.watching():
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(mp.run, steps("never_awaits"))
                    await anyio.sleep(0.1)
                    for _plan in range(PLANS):
                        tasks.start_soon(mp.run, steps("quick", "quick", "hand_over"))
        times = observer.commits(busy.begun, busy.ended)
        reads = observer.reads(busy.begun, busy.ended)
        wait = max(times, default=busy.ended) - busy.begun
        figures.remark(f"committed after {wait * 1000:.0f} ms, {reads} reads answered")
        found = [] if reads > READS else [f"only {reads} reads were answered"]
        found += [] if times else ["what was queued was not committed"]
        figures.add(found + scene.problems(), "never_awaits")
