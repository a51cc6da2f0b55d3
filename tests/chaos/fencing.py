"""Programs of an owner that hangs, and of the one that takes its plan over."""

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio

import milepost
from milepost import MilepostError, OwnedElsewhereError, StoreError, ToolCall
from milepost.adapters.store import journal
from milepost.adapters.store.limits import CommitLimits, StoreLimits
from milepost.domain.events import Event
from milepost.engine.tooling import Tool

from .ledger import Ledger
from .tools import note_call

STEPS = 12
NAPPING = {
    "name": "napping",
    "steps": [
        {"id": "before", "tool": "time.now"},
        {"id": "nap", "type": "wait", "for": "500ms", "depends_on": ["before"]},
        {"id": "after", "tool": "time.now", "depends_on": ["nap"]},
    ],
}
"""Steps that the command line can carry on without tools of a user's own."""
SLOW = {
    "name": "slow",
    "steps": [
        {
            "id": f"s{number}",
            "tool": "slow",
            "input": {"number": number},
            "depends_on": [f"s{number - 1}"] if number else [],
        }
        for number in range(STEPS)
    ],
}
"""Steps in a row that take their time."""


def create(store: Path) -> None:
    """Make the file."""
    anyio.run(_create, store)


def own(store: Path, ledger: Path, most: int = STEPS) -> None:
    """Run the plan, and note why it stopped if it did; after so many calls wait for the gate."""
    anyio.run(_own, store, Ledger(ledger), SLOW, most)


def own_and_hang(store: Path, ledger: Path, most: int) -> None:
    """Do the same, and hang once a start is on record, before its tool is called."""
    hangs = partial(_hang_before, Ledger(ledger), most)
    anyio.run(partial(_own, store, Ledger(ledger), SLOW, watch=hangs))


def own_a_nap(store: Path, ledger: Path) -> None:
    """Run a plan that sleeps, and hang while it does; note why it stopped if it did."""
    anyio.run(_own, store, Ledger(ledger), NAPPING)


def own_and_fork(store: Path, ledger: Path) -> None:
    """Run a plan with a tool that forks, as process pools do; go on with it the second time."""
    anyio.run(_own_and_fork, store, Ledger(ledger))


def take_over(store: Path, ledger: Path, plan: str) -> None:
    """See that the plan is another's, take it over all the same, and carry it to its end."""
    anyio.run(_take_over, store, Ledger(ledger), plan)


def try_to_take_over(store: Path, ledger: Path, plan: str) -> None:
    """Note what opening and taking over say while the file itself is held by a hung process."""
    limits = StoreLimits(commits=CommitLimits(busy_timeout=0.4))
    journal.StoreLimits = lambda: limits  # type: ignore[misc,assignment]
    anyio.run(_try_to_take_over, store, Ledger(ledger), plan)


async def _own_and_fork(store: Path, ledger: Ledger) -> None:
    @milepost.tool(effect="read")
    async def fork() -> int:
        if not ledger.entries("forked"):
            ledger.note("forked", child=_forked())
            await anyio.sleep_forever()
        return 1

    async with milepost.open(store, tools=[fork]) as mp:
        if ledger.entries("forked"):
            results = await mp.resume()
            ledger.note("resumed", statuses=[result.status for result in results])
        else:
            await mp.run({"name": "forking", "steps": [{"id": "one", "tool": "fork"}]})


def _forked() -> int:
    """Return the process id of a child that does nothing for a while."""
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    return child


async def _create(store: Path) -> None:
    async with milepost.open(store):
        pass


def _hang_in_the_nap(ledger: Ledger, event: Event) -> None:
    ledger.note("seen", event=event.id, kind=event.kind)
    if event.kind == "step.suspended.v1":
        os.kill(os.getpid(), signal.SIGSTOP)


def _hang_before(ledger: Ledger, number: int, event: Event) -> None:
    ledger.note("seen", event=event.id, kind=event.kind)
    if event.kind == "step.started.v1" and event.originator_id.endswith(f".s{number}"):
        os.kill(os.getpid(), signal.SIGSTOP)


async def _own(
    store: Path,
    ledger: Ledger,
    plan: dict[str, Any],
    most: int = STEPS,
    watch: Callable[[Event], None] | None = None,
) -> None:
    watch = watch or partial(_hang_in_the_nap, ledger)
    async with milepost.open(store, tools=[slow_tool(ledger, most)]) as mp:
        try:
            await mp.run(plan, watch=watch)
        except MilepostError as error:
            ledger.note("stopped", error=type(error).__name__, message=str(error))


async def _take_over(store: Path, ledger: Ledger, plan: str) -> None:
    async with milepost.open(store, tools=[slow_tool(ledger)]) as mp:
        try:
            await mp.resume(plan)
        except OwnedElsewhereError as error:
            ledger.note("refused", message=str(error))
        results = await mp.resume(plan, take_over=True)
        ledger.note("end", plan=plan, status=results[0].status, output=results[0].final_output)


async def _try_to_take_over(store: Path, ledger: Ledger, plan: str) -> None:
    try:
        async with milepost.open(store, tools=[slow_tool(ledger)]) as mp:
            await mp.resume(plan, take_over=True)
    except StoreError as error:
        ledger.note("refused", error=type(error).__name__, message=str(error))


def gate(ledger: Path) -> Path:
    """Return the file that lets a slow tool go on."""
    return ledger.with_name("gate")


def slow_tool(ledger: Ledger, most: int = STEPS) -> Tool:
    """Return a tool that notes each call and takes its time; some calls wait for the gate."""

    @milepost.tool(effect="read")
    async def slow(number: int, call: ToolCall) -> int:
        note_call(ledger, call)
        await anyio.sleep(0.03)
        while number >= most and not await anyio.Path(gate(ledger.path)).exists():
            await anyio.sleep(0.01)
        return number

    return slow
