"""What child processes do: carry the plan out, and note in the ledger what they were told."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import anyio

import milepost
from milepost import Milepost, PlanResult, PlanStatus, RefusedError, StoreError
from milepost.adapters.cli import main
from milepost.adapters.store import connections, journal
from milepost.adapters.store.limits import StoreLimits, WalLimits
from milepost.domain.events import Event

from .ledger import Ledger
from .tools import world_tools

FIFTY = Path(__file__).with_name("fifty.yaml")
FAILING = Path(__file__).with_name("failing.yaml")
SMALL = Path(__file__).with_name("small.yaml")
OPEN = (PlanStatus.RUNNING, PlanStatus.PAUSED)
_TRIES = 300
_OPENINGS = 3
_PAUSE = 0.02


def carry_on(store: Path, ledger: Path) -> None:
    """Run the plan of fifty steps, or go on with the one that is there, to its end."""
    anyio.run(_carry_on, store, Ledger(ledger))


def carry_on_until(store: Path, ledger: Path, most: int) -> None:
    """Do the same, but hang as soon as it was told of so many events."""
    anyio.run(_carry_on, store, Ledger(ledger), FIFTY, most)


def carry_on_or_fail(store: Path, ledger: Path) -> None:
    """Do the same with a plan that rather fails than repeat or ask."""
    anyio.run(_carry_on, store, Ledger(ledger), FAILING)


def insist(store: Path, ledger: Path) -> None:
    """Do the same, and go on whenever the store refuses something."""
    anyio.run(_insist, store, Ledger(ledger))


def die_of_a_refusal(store: Path, ledger: Path) -> None:
    """Carry the plan on, and be killed as soon as the store refuses something."""
    anyio.run(_die_of_a_refusal, store, Ledger(ledger))


def run_a_crowd(store: Path, ledger: Path) -> None:
    """Run many small plans side by side; the write-ahead log is small and begins anew often."""
    wal = WalLimits(commits=8, least_pages=60, reserved=64 * 1024, most_bytes=256 * 1024)
    journal.StoreLimits = lambda: StoreLimits(wal=wal)  # type: ignore[misc,assignment]
    anyio.run(_run_a_crowd, store, Ledger(ledger))


def command(*arguments: str) -> None:
    """Be the command line."""
    raise SystemExit(main(arguments))


def carry_on_without_durability(store: Path, ledger: Path) -> None:
    """Do what the product never does: leave it to the system when commits reach the disk."""
    connections._COMMON = tuple(  # noqa: SLF001 - no option of the product lowers its durability
        pragma.replace("=FULL", "=NORMAL")
        for pragma in connections._COMMON  # noqa: SLF001
    )
    connections.FULL = 1
    carry_on(store, ledger)


async def _carry_on(
    store: Path, ledger: Ledger, plan: Path = FIFTY, most: int | None = None
) -> None:
    async with milepost.open(store, tools=world_tools(ledger)) as mp:
        await Carrier(mp, ledger, plan, most).to_the_end()


async def _insist(store: Path, ledger: Ledger) -> None:
    for _try in range(_OPENINGS):
        with suppress(StoreError):  # noted by the carrier, unless the store could not be opened
            async with milepost.open(store, tools=world_tools(ledger)) as mp:
                await Carrier(mp, ledger).to_any_end()
                return
        await anyio.sleep(_PAUSE)
    ledger.note("unopened")


async def _die_of_a_refusal(store: Path, ledger: Ledger) -> None:
    async with milepost.open(store, tools=world_tools(ledger)) as mp:
        try:
            await Carrier(mp, ledger).to_the_end()
        except StoreError:
            os.kill(os.getpid(), signal.SIGKILL)


async def _run_a_crowd(store: Path, ledger: Ledger) -> None:
    async with milepost.open(store, tools=world_tools(ledger)) as mp:

        async def run_some() -> None:
            for _plan in range(12):
                result = await mp.run(SMALL)
                ledger.note("end", plan=result.plan_id, status=result.status)

        async with anyio.create_task_group() as tasks:
            for _task in range(4):
                tasks.start_soon(run_some)


class Carrier:
    """Carries one plan on, as the program and as the person whom it asks."""

    def __init__(
        self, mp: Milepost, ledger: Ledger, plan: Path = FIFTY, most: int | None = None
    ) -> None:
        self._plan = plan
        self._left = most
        self._mp = mp
        self._ledger = ledger

    async def to_any_end(self) -> None:
        """Go on after each refusal; fail if there is no end to them."""
        for _try in range(_TRIES):
            try:
                await self.to_the_end()
            except StoreError as error:
                self._ledger.note("refused", error=type(error).__name__, message=str(error))
                await self._read()
                await anyio.sleep(_PAUSE)
            else:
                return
        raise AssertionError("the store refused everything")

    async def to_the_end(self) -> None:
        """Carry the plan on and note its end."""
        result = await self._begin()
        while result.status in OPEN:
            for step in result.waiting:
                await self._answer(result.plan_id, step)
            if result.waiting:
                result = await self._mp.wait(result.plan_id)
            else:
                result = await self._resume(result)
        report = await self._mp.replay(result.plan_id)
        self._ledger.note(
            "end",
            plan=result.plan_id,
            status=result.status,
            output=result.final_output,
            replay=str(report.difference),
        )

    async def _resume(self, known: PlanResult) -> PlanResult:
        """Carry the plan on, unless other processes bring it to where it rests."""
        for _try in range(_TRIES):
            try:
                return (await self._mp.resume(known.plan_id, watch=self._watch))[0]
            except RefusedError:
                known = await self._mp.wait(known.plan_id)
            if known.status not in OPEN or known.waiting:
                return known
        raise AssertionError("it was refused again and again")

    async def _read(self) -> None:
        """Note that what is stored can still be read."""
        plan = known_plan(self._ledger)
        if plan is not None:
            report = await self._mp.replay(plan)
            self._ledger.note("read", events=report.events, difference=str(report.difference))

    async def _begin(self) -> PlanResult:
        """Return how the known plan stands; find one that nobody was told of, or start one."""
        plan = known_plan(self._ledger)
        if plan is not None:
            return await self._mp.wait(plan)
        found = await self._mp.resume(watch=self._watch)
        return found[0] if found else await self._mp.run(self._plan, watch=self._watch)

    def _watch(self, event: Event) -> None:
        self._ledger.note("seen", event=event.id, kind=event.kind)
        if self._left is not None:
            self._left -= 1
            if not self._left:
                signal.pause()

    async def _answer(self, plan: str, step: str) -> None:
        """Answer as a person does who looks up what happened to the world."""
        effects = [entry for entry in self._ledger.entries("effect") if entry["step"] == step]
        with suppress(RefusedError):  # an answer that was given before a crash came first
            if step == "approve":
                await self._mp.answer(plan, step, value=True)
            elif effects:
                await self._mp.answer(plan, step, value=effects[-1]["result"], why="it was done")
            else:
                await self._mp.answer(plan, step, outcome="retry", why="it was not done")


def known_plan(ledger: Ledger) -> str | None:
    """Return the plan that the ledger tells of, None if it knows of none."""
    seen = ledger.entries("seen")
    return str(seen[0]["event"]).partition("#")[0].partition(".")[0] if seen else None
