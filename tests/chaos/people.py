"""Programs around a plan that waits for a person."""

from collections.abc import Callable
from pathlib import Path

import anyio

import milepost
from milepost import Milepost, StoreError
from milepost.domain.events import Event

from .ledger import Ledger
from .tools import world_tools

ASKING = {
    "name": "asking",
    "steps": [
        {"id": "first", "tool": "book", "input": {"amount": 1}},
        {
            "id": "ask",
            "type": "user_input",
            "prompt": "How many?",
            "schema": {"type": "integer"},
            "depends_on": ["first"],
        },
        {
            "id": "last",
            "tool": "book",
            "input": {"amount": "${ask.output}"},
            "depends_on": ["ask"],
        },
    ],
}
"""Waits for a person with nothing else to do: the plan is paused, and nobody owns it."""
ASKING_AND_WAITING = {
    "name": "asking and waiting",
    "steps": [*ASKING["steps"], {"id": "nap", "type": "wait", "for": "1h"}],
}
"""Waits for a person and for a time: the owner lives on."""


def ask(store: Path, ledger: Path) -> None:
    """Run until the plan waits for the person, and end."""
    anyio.run(_ask, store, Ledger(ledger))


def ask_and_wait(store: Path, ledger: Path) -> None:
    """Own a plan that waits for the person while other things go on."""
    anyio.run(_ask_and_wait, store, Ledger(ledger))


def answer(store: Path, ledger: Path, plan: str, value: int) -> None:
    """Answer, note how it went, and stay until the plan rests if it is carried on here."""
    anyio.run(_answer, store, Ledger(ledger), plan, value)


async def _ask(store: Path, ledger: Ledger) -> None:
    async with milepost.open(store, tools=world_tools(ledger)) as mp:
        result = await mp.run(ASKING, watch=_watching(ledger))
        ledger.note("asked", plan=result.plan_id, waiting=result.waiting)


async def _ask_and_wait(store: Path, ledger: Ledger) -> None:
    async with milepost.open(store, tools=world_tools(ledger)) as mp:
        plan = await mp.start(ASKING_AND_WAITING, watch=_watching(ledger))
        await _noted_when_done(mp, ledger, plan)


async def _answer(store: Path, ledger: Ledger, plan: str, value: int) -> None:
    async with milepost.open(store, tools=world_tools(ledger)) as mp:
        try:
            await mp.answer(plan, "ask", value=value, who="somebody")
        except (milepost.RefusedError, StoreError) as error:
            ledger.note("refused", error=type(error).__name__, message=str(error))
            return
        ledger.note("answered", value=value)
        await _noted_when_done(mp, ledger, plan)


async def _noted_when_done(mp: Milepost, ledger: Ledger, plan: str) -> None:
    result = await mp.wait(plan)
    ledger.note("rests", plan=plan, status=result.status, output=result.final_output)


def _watching(ledger: Ledger) -> Callable[[Event], None]:
    def watch(event: Event) -> None:
        ledger.note("seen", event=event.id, kind=event.kind)

    return watch
