"""DBOS on SQLite: workflows of durable steps.

Chains are synchronous workflows and the fan-out is `asyncio.gather` over steps, each the fastest of
the forms that its documentation shows. DBOS leaves SQLite's journal as it finds it; the file is
made in WAL mode beforehand because that is 1.6 times as fast here, and equally durable.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from importlib.metadata import version
from pathlib import Path
from typing import Final

import sqlalchemy
from dbos import DBOS, SetWorkflowID, WorkflowHandleAsync

from benchmarks import runner
from benchmarks.ledger import record_call
from benchmarks.measure import Latencies, durability, time_each
from benchmarks.system import Stored, System
from benchmarks.workloads import STEPS_PER_PLAN

from .row_copies import TEMPLATES, copy_rows, count_rows, new_ids

COUNTED_PLAN: Final = "counted-chain"
TABLES: Final = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")

seen_durability: set[str] = set()
"""What each connection that DBOS opened said about itself."""


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
def read_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    """Read the pragmas back from a connection that DBOS has just opened."""
    read = [
        connection.execute(f"PRAGMA {each}").fetchone()[0]
        for each in ("journal_mode", "synchronous")
    ]
    seen_durability.add(durability(*read))


@DBOS.step()
def no_op(number: int) -> int:
    """Give the number back."""
    return number


@DBOS.step()
async def no_op_async(number: int) -> int:
    """Give the number back, on the event loop."""
    return number


@DBOS.step()
def counted(number: int) -> int:
    """Write the ledger and give the number back."""
    record_call(number)
    return number


@DBOS.workflow()
def chain(steps: int) -> int:
    """Run steps one after another."""
    number = 0
    for _ in range(steps):
        number = no_op(number + 1)
    return number


@DBOS.workflow()
def counted_chain(steps: int) -> int:
    """Run steps that write the ledger one after another."""
    number = 0
    for _ in range(steps):
        number = counted(number + 1)
    return number


@DBOS.workflow()
async def fan_out(width: int) -> int:
    """Run one step, `width` steps side by side, and one that joins them."""
    root = await no_op_async(1)
    parallel = await asyncio.gather(*(no_op_async(root) for _ in range(width)))
    return await no_op_async(sum(parallel))


class DbosSession:
    """DBOS launched on one file. Its synchronous calls run in a thread, as it demands."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def durability(self) -> str:
        """Say what DBOS's own connections are set to."""
        return " / ".join(sorted(seen_durability))

    async def run_chains(self, plans: int, *, in_flight: int) -> Sequence[int]:
        """Call the workflow in turn, or start it in DBOS's own pool of 64 threads."""
        return await asyncio.to_thread(_run_chains, plans, in_flight)

    async def run_fan_out(self, width: int) -> int:
        """Run the asynchronous workflow."""
        return int(await fan_out(width))

    async def store_plans(self, plans: int) -> Stored:
        """Run some workflows, then copy their rows under new ids."""
        templates = await asyncio.to_thread(_run_templates)
        ids = new_ids(max(0, plans - len(templates)))
        copy_rows(self._path, tables=TABLES, key="workflow_uuid", templates=templates, ids=ids)
        origin = f"{len(templates)} run, the rest copied from their rows"
        return Stored([*templates, *ids], count_rows(self._path, TABLES), origin)

    async def time_histories(self, plans: Sequence[str]) -> Latencies:
        """List the steps of a workflow."""
        return await asyncio.to_thread(time_each, DBOS.list_workflow_steps, plans)

    async def time_newest(self, count: int, *, reads: int) -> Latencies:
        """List workflows, newest first."""

        def newest(_: int) -> object:
            return DBOS.list_workflows(limit=count, sort_desc=True)

        return await asyncio.to_thread(time_each, newest, range(reads))

    async def run_counted_chain(self, steps: int) -> int:
        """Run under an id that the next process knows."""
        with SetWorkflowID(COUNTED_PLAN):
            return int(await asyncio.to_thread(counted_chain, steps))

    async def resume_counted_chain(self, steps: int) -> int:  # noqa: ARG002 - DBOS keeps the input
        """Wait: DBOS recovers pending workflows by itself when it is launched."""
        handle: WorkflowHandleAsync[int] = await DBOS.retrieve_workflow_async(COUNTED_PLAN)
        return await handle.get_result(polling_interval_sec=0.1)


def _run_chains(plans: int, in_flight: int) -> list[int]:
    if in_flight == 1:
        return [chain(STEPS_PER_PLAN) for _ in range(plans)]
    handles = [DBOS.start_workflow(chain, STEPS_PER_PLAN) for _ in range(plans)]
    return [handle.get_result() for handle in handles]


def _run_templates() -> list[str]:
    handles = [DBOS.start_workflow(chain, STEPS_PER_PLAN) for _ in range(TEMPLATES)]
    for handle in handles:
        handle.get_result()
    return [handle.get_workflow_id() for handle in handles]


@asynccontextmanager
async def connect(folder: Path) -> AsyncIterator[DbosSession]:
    """Launch DBOS on a file in `folder`."""
    path = folder / "dbos.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    seen_durability.clear()
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{path}",
            "log_level": "ERROR",
        }
    )
    await asyncio.to_thread(DBOS.launch)
    try:
        yield DbosSession(path)
    finally:
        await asyncio.to_thread(DBOS.destroy)


SYSTEM: Final = System("dbos", version("dbos"), connect, "benchmarks.peers.dbos_peer")

if __name__ == "__main__":
    runner.main(SYSTEM)
