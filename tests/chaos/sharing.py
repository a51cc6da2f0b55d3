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

ENOUGH = 50
"""Steps after which a process has had its share while the others go on."""
QUIET = {
    "name": "quiet",
    "steps": [
        {"id": f"s{number}", "tool": "time.now", "depends_on": [f"s{number - 1}"] if number else []}
        for number in range(10)
    ],
}
"""Ten steps in a row that leave no trace in the world."""


def keep_running(store: Path, ledger: Path, starter: Path, stopper: Path) -> None:
    """Run plans from when the starter appears until the stopper does; note the share."""
    anyio.run(_keep_running, store, Ledger(ledger), starter, stopper)


async def _keep_running(store: Path, ledger: Ledger, starter: Path, stopper: Path) -> None:
    async with milepost.open(store) as mp:
        await mp.run(QUIET)
        ledger.note("ready")
        await appearance(starter)
        share = Share(time.monotonic())
        while not await anyio.Path(stopper).exists():
            await mp.run(QUIET, watch=share.watch)
            if share.steps == ENOUGH:
                ledger.note("enough")
        ledger.note("share", steps=share.steps, longest=share.longest)


class Share:
    """How many steps a process brought to an end, and its longest wait between two commits."""

    def __init__(self, begun: float) -> None:
        self._last = begun
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


def hold(store: Path, ledger: Path, seconds: float, until: Path) -> None:
    """Keep the file locked for a while or until a file appears, as another program might."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        Ledger(ledger).note("held")
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until.exists():
            time.sleep(0.01)
        connection.execute("ROLLBACK")


async def appearance(path: Path) -> None:
    """Wait until a file is there."""
    while not await anyio.Path(path).exists():
        await anyio.sleep(0.01)
