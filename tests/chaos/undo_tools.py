"""Tools that undo what others did to the world, and a door that the world may keep locked."""

import anyio

from milepost import ToolCall, tool
from milepost.engine.tooling import Tool

from .ledger import Ledger
from .tools import note_call


def undo_tools(ledger: Ledger) -> list[Tool]:
    """Return `unbook`, each call of which has its effect, `unpost`, which looks at its key."""

    def act(call: ToolCall, result: int) -> int:
        ledger.note("effect", plan=call.plan, step=call.step, key=call.key, result=result)
        return result

    @tool
    async def unbook(amount: int, call: ToolCall) -> int:
        note_call(ledger, call)
        await anyio.sleep(0.001)
        return act(call, -amount)

    @tool
    async def unpost(amount: int, call: ToolCall) -> int:
        note_call(ledger, call)
        await _passing(ledger)
        done = [entry for entry in ledger.entries("effect") if entry["key"] == call.key]
        return done[0]["result"] if done else act(call, -amount)

    @tool(effect="read")
    async def door(call: ToolCall) -> str:
        note_call(ledger, call)
        if len(ledger.entries("locked")) > len(ledger.entries("unlocked")):
            raise ConnectionError("the door is locked")
        return "open"

    return [unbook, unpost, door]


async def _passing(ledger: Ledger) -> None:
    """Wait, once so much was undone, until the gate opens."""
    stops = ledger.entries("gate")
    while stops and len(_undone(ledger)) >= stops[-1]["after"]:
        if await anyio.Path(stops[-1]["path"]).exists():
            return
        await anyio.sleep(0.005)


def _undone(ledger: Ledger) -> list[dict[str, object]]:
    return [entry for entry in ledger.entries("effect") if entry["step"].endswith("~undo")]
