"""Plans that are revised, rolled back, restored, recovered, forked and undone at random."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import milepost
from milepost import Milepost, PlanBuilder  # noqa: F401
from milepost.domain.errors import (
    ExecutionError,
    IllegalTransitionError,
    RefusedError,
    UnknownNameError,
    ValidationError,
)
from milepost.domain.values import Json

REFUSALS = (RefusedError, ValidationError, IllegalTransitionError, UnknownNameError)
Travel = Callable[[Milepost, str, random.Random], Awaitable[object]]


def _tools(chance: random.Random) -> list[Any]:
    @milepost.tool(name="give", effect="read")
    def give(value: Json = None) -> Json:
        """Give a value back."""
        return value

    @milepost.tool(name="charge", effect="write")
    def charge(amount: int) -> str:
        """Change the world."""
        return f"charged {amount}"

    @milepost.tool(name="refund", effect="write")
    def refund(what: str) -> str:
        """Change it back, if it can be."""
        if chance.random() < 0.2:
            raise ExecutionError("it cannot be", retryable=False)
        return f"undid {what}"

    @milepost.tool(name="gamble", effect="read")
    def gamble() -> str:
        """Fail now and then."""
        if chance.random() < 0.4:
            raise ExecutionError("bad luck", retryable=False)
        return "good luck"

    return [give, charge, refund, gamble]


def _give(name: str, *needs: str, value: Json = None) -> dict[str, Any]:
    return {"id": name, "tool": "give", "depends_on": list(needs), "input": {"value": value}}


def _charge(name: str, *needs: str, amount: int = 1) -> dict[str, Any]:
    return {
        "id": name,
        "tool": "charge",
        "depends_on": list(needs),
        "input": {"amount": amount},
        "compensate": {"tool": "refund", "input": {"what": f"${{{name}.output}}"}},
    }


def content(chance: random.Random) -> dict[str, Any]:
    """Return a plan that is much like the others made here."""
    rows = list(range(chance.randrange(1, 4)))
    inner = [_give("one", value="${item}")]
    if chance.random() < 0.5:
        inner.append(_charge("pay", "one", amount=chance.randrange(2)))
    steps = [
        _give("first", value=chance.randrange(2)),
        _charge("buy", "first", amount=chance.randrange(2)),
        {"id": "risk", "tool": "gamble", "input": {}, "depends_on": ["first"]},
        {"id": "each", "type": "loop", "for_each": rows, "depends_on": ["first"], "steps": inner},
        {
            "id": "way",
            "type": "branch",
            "depends_on": ["first"],
            "cases": [
                {"when": "first.output == 0", "steps": [_give("nil")]},
                {"else": True, "steps": [_give("more", value="${first.output}")]},
            ],
        },
        _give("last", "buy", "risk", "each", "way", value="${buy.output}"),
    ]
    kept = [step for step in steps if step["id"] in ("first", "buy", "last") or chance.randrange(4)]
    ids = {step["id"] for step in kept}
    for step in kept:
        step["depends_on"] = [need for need in step.get("depends_on", ()) if need in ids]
    return {"name": "travelling", "steps": kept, "settings": {"stop_on_first_failure": False}}


@asynccontextmanager
async def opened(path: Path, chance: random.Random) -> AsyncIterator[Milepost]:
    """Open a store with the tools that the plans use."""
    async with milepost.open(path, tools=_tools(chance)) as store:
        yield store


async def travel(path: Path, chance: random.Random, *, changes: int) -> list[str]:
    """Carry out a plan into a store, and change its course and that of its forks."""
    async with opened(path, chance) as store:
        plans = [await store.start(content(chance), breakpoints=_breakpoints(chance))]
        for _ in range(changes):
            plan = chance.choice(plans)
            await store.wait(plan)
            with suppress(*REFUSALS):
                made = await chance.choice(TRAVELS)(store, plan, chance)
                plans += [made] if isinstance(made, str) and made.startswith("p0") else []
        for plan in plans:
            await store.wait(plan)
    return plans


def _breakpoints(chance: random.Random) -> tuple[str, ...]:
    return chance.choice([("last",), ("buy",), ()])


async def _any_event(store: Milepost, plan: str, chance: random.Random) -> str:
    events = (await store.history(plan, limit=1000)).items
    own = [event.id for event in events if "!" not in event.id]
    return chance.choice(own)


def _back(chance: random.Random) -> dict[str, Any]:
    return {
        "effects": chance.choice(["accept", "accept", "compensate", "refuse"]),
        "hold": chance.random() < 0.5,
    }


async def _revise(store: Milepost, plan: str, chance: random.Random) -> None:
    await store.revise(plan, content(chance))


async def _roll_back(store: Milepost, plan: str, chance: random.Random) -> None:
    number = 1 + chance.randrange(len(await store.revisions(plan)))
    await store.rollback(plan, number, **_back(chance))


async def _restore(store: Milepost, plan: str, chance: random.Random) -> None:
    await store.restore(plan, at=await _any_event(store, plan, chance), **_back(chance))


async def _recover(store: Milepost, plan: str, chance: random.Random) -> None:
    strategy = chance.choice(["resume", "restart", "skip"])
    await store.recover(plan, strategy=strategy, effects="accept")


async def _undo(store: Milepost, plan: str, chance: random.Random) -> None:
    del chance
    await store.compensate(plan)


async def _checkpoint(store: Milepost, plan: str, chance: random.Random) -> None:
    await store.checkpoint(plan, snapshot=chance.random() < 0.5)
    if chance.random() < 0.3:
        await store.forget_checkpoint(plan, chance.choice(list(await store.checkpoints(plan))))


async def _resume(store: Milepost, plan: str, chance: random.Random) -> None:
    del chance
    await store.resume(plan)


async def _fork(store: Milepost, plan: str, chance: random.Random) -> str:
    replace: dict[str, Json] = {"first": 7} if chance.random() < 0.4 else {}
    at = await _any_event(store, plan, chance)
    return await store.fork(plan, at=at, replace=replace)


TRAVELS: tuple[Travel, ...] = (
    _revise,
    _revise,
    _roll_back,
    _restore,
    _recover,
    _undo,
    _checkpoint,
    _resume,
    _fork,
)
