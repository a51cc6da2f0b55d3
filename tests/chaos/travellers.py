"""Programs that lead up to an errand, and that carry it out as often as they are killed in it."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio

import milepost
from milepost import MilepostError, OwnedElsewhereError, RefusedError, StoreError

from .errands import ERRANDS, WAYS, Errand
from .ledger import Ledger
from .sharing import appearance
from .traveller import Traveller, all_tools, first_plan

_TRIES = 3


def lead_up(store: Path, ledger: Path, name: str) -> None:
    """Bring a plan into the state that an errand begins in."""
    anyio.run(_lead_up, store, Ledger(ledger), ERRANDS[name])


def run_errand(store: Path, ledger: Path, name: str) -> None:
    """Ask for what an errand is about unless that was acknowledged, and go on to the end."""
    anyio.run(_run_errand, store, Ledger(ledger), ERRANDS[name])


def insist_on(store: Path, ledger: Path, name: str) -> None:
    """Do the same, and begin again a few times if the store refuses something."""
    anyio.run(_insist_on, store, Ledger(ledger), ERRANDS[name])


def go_one_way(store: Path, ledger: Path, way: str, starter: Path) -> None:
    """Ask for one way back at the same moment as others; go on if the plan is ours then."""
    anyio.run(_go_one_way, store, Ledger(ledger), way, starter)


def own(store: Path, ledger: Path) -> None:
    """Carry the plan on, and note why it stopped if it did."""
    anyio.run(partial(_own_or_stop, take_over=False), store, Ledger(ledger))


def take_over(store: Path, ledger: Path) -> None:
    """Displace whoever owns the plan and carry it to its end."""
    anyio.run(partial(_own_or_stop, take_over=True), store, Ledger(ledger))


def restore_fifty(store: Path, ledger: Path, at: str) -> None:
    """Restore the plan of fifty steps to the moment of an event, and go on to its end."""
    anyio.run(_restore_fifty, store, Ledger(ledger), at)


def go_to_the_end(store: Path, ledger: Path) -> None:
    """Carry the plan on to its end."""
    anyio.run(_go_to_the_end, store, Ledger(ledger))


async def _insist_on(store: Path, ledger: Ledger, errand: Errand) -> None:
    for _try in range(_TRIES):
        try:
            await _run_errand(store, ledger, errand)
        except StoreError as error:
            ledger.note("refused", error=type(error).__name__, message=str(error))
        else:
            return


async def _go_one_way(store: Path, ledger: Ledger, way: str, starter: Path) -> None:
    async with milepost.open(store, tools=all_tools(ledger)) as mp:
        plan, traveller = first_plan(ledger), Traveller(mp, ledger)
        ledger.note("ready")
        await appearance(starter)
        try:
            told = await WAYS[way](mp, plan, traveller.watch)
        except RefusedError as error:
            ledger.note("refused", way=way, message=str(error))
        else:
            ledger.note("told", way=way, result=str(told))
        with suppress(OwnedElsewhereError, RefusedError):  # then the other one carries it on
            await traveller.to_its_end(plan)


async def _own_or_stop(store: Path, ledger: Ledger, *, take_over: bool) -> None:
    async with milepost.open(store, tools=all_tools(ledger)) as mp:
        try:
            await mp.resume(first_plan(ledger), take_over=take_over)
        except MilepostError as error:
            ledger.note("stopped", error=type(error).__name__, message=str(error))
        else:
            await Traveller(mp, ledger).to_its_end(first_plan(ledger))


async def _go_to_the_end(store: Path, ledger: Ledger) -> None:
    async with milepost.open(store, tools=all_tools(ledger)) as mp:
        await Traveller(mp, ledger).to_its_end(first_plan(ledger))


async def _restore_fifty(store: Path, ledger: Ledger, at: str) -> None:
    async with milepost.open(store, tools=all_tools(ledger)) as mp:
        carrier, plan = Traveller(mp, ledger), first_plan(ledger)
        await mp.restore(plan, at=at, effects="accept", watch=carrier.watch)
        await carrier.to_its_end(plan)


async def _lead_up(store: Path, ledger: Ledger, errand: Errand) -> None:
    async with milepost.open(store, tools=all_tools(ledger)) as mp:
        await Traveller(mp, ledger).lead_up(errand)


async def _run_errand(store: Path, ledger: Ledger, errand: Errand) -> None:
    async with milepost.open(store, tools=all_tools(ledger)) as mp:
        await Traveller(mp, ledger).run(errand, first_plan(ledger))
