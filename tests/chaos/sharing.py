"""Programs of many processes that share one file."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import anyio

import milepost
from milepost import OwnedElsewhereError
from milepost.domain.events import Event

from .ledger import Ledger
from .programs import Carrier
from .tools import world_tools

QUIET = {
    "name": "quiet",
    "steps": [
        {"id": f"s{number}", "tool": "time.now", "depends_on": [f"s{number - 1}"] if number else []}
        for number in range(10)
    ],
}
"""Ten steps in a row that leave no trace in the world."""


def keep_running(store: Path, ledger: Path, starter: Path, seconds: float) -> None:
    """Run plans for a while from the time on when the starter appears; note the share."""
    anyio.run(_keep_running, store, Ledger(ledger), starter, seconds)


async def _keep_running(store: Path, ledger: Ledger, starter: Path, seconds: float) -> None:
    async with milepost.open(store) as mp:
        await mp.run(QUIET)
        ledger.note("ready")
        await appearance(starter)
        share = Share(time.monotonic())
        while time.monotonic() < share.begun + seconds:
            await mp.run(QUIET, watch=share.watch)
        ledger.note("share", steps=share.steps, longest=share.longest)


class Share:
    """How many steps a process brought to an end, and its longest wait between two commits."""

    def __init__(self, begun: float) -> None:
        self.begun = self._last = begun
        self.steps = 0
        self.longest = 0.0

    def watch(self, event: Event) -> None:
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now
        self.steps += event.kind == "step.completed.v1"


def contend(store: Path, ledger: Path, starter: Path) -> None:
    """Carry the plan on at the same moment as others; note if another one owns it."""
    anyio.run(_contend, store, Ledger(ledger), starter)


async def _contend(store: Path, ledger: Ledger, starter: Path) -> None:
    async with milepost.open(store, tools=world_tools(ledger)) as mp:
        ledger.note("ready")
        await appearance(starter)
        try:
            await Carrier(mp, ledger).to_the_end()
        except OwnedElsewhereError as error:
            ledger.note("refused", error=type(error).__name__, message=str(error))


def hold(store: Path, ledger: Path, seconds: float) -> None:
    """Keep the file locked for a while, as another program might."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        Ledger(ledger).note("held")
        time.sleep(seconds)
        connection.execute("ROLLBACK")


async def appearance(path: Path) -> None:
    """Wait until a file is there."""
    while not await anyio.Path(path).exists():
        await anyio.sleep(0.001)
