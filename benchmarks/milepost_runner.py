"""Milepost itself, through its public face: YAML in, `mp.run`, history out."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio

import milepost

from . import plans as workflows
from . import runner
from .ledger import record_call
from .measure import Latencies, durability, time_each_awaited
from .system import Stored, System
from .workloads import STEPS_PER_PLAN

STORING_IN_FLIGHT: Final = 64

calls = 0
"""How often the no-op tool was called: the proof that parallel steps really ran."""


@milepost.tool(name="bench.no_op")
async def no_op(number: int) -> int:
    """Give the number back."""
    global calls  # noqa: PLW0603 - a tool has no other place to count in
    calls += 1
    return number


@milepost.tool(name="bench.counted")
async def counted(number: int) -> int:
    """Write the ledger and give the number back."""
    record_call(number)
    return number


class MilepostSession:
    """One open store."""

    def __init__(self, opened: milepost.Milepost, folder: Path) -> None:
        self.milepost = opened
        self._beside = folder.parent
        self._chain = self._beside / "chain.yaml"
        self._chain.write_text(workflows.chain_text(STEPS_PER_PLAN, tool="bench.no_op"))

    async def durability(self) -> str:
        """Ask every open SQLite connection of this process, whatever Milepost says of itself."""
        return " / ".join(sorted(_pragmas_in_force())) or "not readable"

    async def run_chains(self, plans: int, *, in_flight: int) -> Sequence[int]:
        """Run the workflow file as often, from its text on each time."""
        return [_last_number(each) for each in await self._run(plans, in_flight)]

    async def run_fan_out(self, width: int) -> int:
        """Run the fan-out; count the calls of the tool, root and join taken off."""
        before = calls
        await self.milepost.run(workflows.fan_out(width, tool="bench.no_op"))
        return calls - before - 2

    async def store_plans(self, plans: int) -> Stored:
        """Run them all, and count events by the newest position."""
        results = await self._run(plans, STORING_IN_FLIGHT)
        ids = [each.plan_id for each in results]
        positions = [
            event.position
            for plan in ids[-2 * STORING_IN_FLIGHT :]
            for event in (await self.milepost.history(plan)).items
        ]
        return Stored(ids, max(positions), "all run")

    async def time_histories(self, plans: Sequence[str]) -> Latencies:
        """Read the whole history of a plan."""
        return await time_each_awaited(self.milepost.history, plans)

    async def time_newest(self, count: int, *, reads: int) -> Latencies:
        """List the newest plans."""

        async def newest(_: int) -> object:
            return await self.milepost.plans(limit=count)

        return await time_each_awaited(newest, range(reads))

    async def run_counted_chain(self, steps: int) -> int:
        """Start the chain and leave its id for the next process."""
        path = self._beside / "counted.yaml"
        path.write_text(workflows.chain_text(steps, tool="bench.counted", on_unknown="retry"))
        plan = await self.milepost.start(path)
        (self._beside / "plan").write_text(plan)
        return _last_number(await self.milepost.wait(plan))

    async def resume_counted_chain(self, steps: int) -> int:  # noqa: ARG002 - the plan knows
        """Resume the plan by its id."""
        plan = (self._beside / "plan").read_text()
        await self.milepost.resume(plan)
        return _last_number(await self.milepost.wait(plan))

    async def _run(self, plans: int, in_flight: int) -> list[milepost.PlanResult]:
        results: list[milepost.PlanResult] = []
        left = iter(range(plans))

        async def work() -> None:
            results.extend([await self.milepost.run(self._chain) for _ in left])

        async with anyio.create_task_group() as tasks:
            for _ in range(in_flight):
                tasks.start_soon(work)
        return results


def _last_number(result: milepost.PlanResult) -> int:
    if not result.success or not isinstance(result.final_output, int):
        message = f"the chain did not end with a number: {result!r}"
        raise RuntimeError(message)
    return result.final_output


def _pragmas_in_force() -> set[str]:
    found = set()
    for each in gc.get_objects():
        if not isinstance(each, sqlite3.Connection):
            continue
        try:
            read = [
                each.execute(f"PRAGMA {pragma}").fetchone()[0]
                for pragma in ("journal_mode", "synchronous")
            ]
        except sqlite3.ProgrammingError:
            continue
        found.add(durability(*read))
    return found


@asynccontextmanager
async def connect(folder: Path) -> AsyncIterator[MilepostSession]:
    """Open Milepost on a file in `folder`."""
    path = folder / "milepost.db"
    async with milepost.open(str(path), tools=[no_op, counted]) as opened:
        yield MilepostSession(opened, folder)


SYSTEM: Final = System("milepost", milepost.__version__, connect, "benchmarks.milepost_runner")

if __name__ == "__main__":
    runner.main(SYSTEM)
