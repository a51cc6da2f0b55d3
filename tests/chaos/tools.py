"""Tools that note in the ledger what they do to the world, before and after they do it."""

import anyio
from anyio.lowlevel import checkpoint

from milepost import ToolCall, tool
from milepost.engine.tooling import Tool

from .ledger import Ledger


def world_tools(ledger: Ledger) -> list[Tool]:
    """Return tools over one ledger."""
    return [*_reading(ledger), *_writing(ledger), *_failing(ledger)]


def note_call(ledger: Ledger, call: ToolCall) -> None:
    """Note that a call begins."""
    ledger.note("call", plan=call.plan, step=call.step, attempt=call.attempt, key=call.key)


def _reading(ledger: Ledger) -> list[Tool]:
    @tool(effect="read")
    async def look(number: int, call: ToolCall) -> int:
        note_call(ledger, call)
        await checkpoint()
        return number * 2

    @tool(effect="read")
    def weigh(number: int, call: ToolCall) -> int:
        note_call(ledger, call)
        return number * 3

    return [look, weigh]


def _writing(ledger: Ledger) -> list[Tool]:
    """Return `book`, each call of which has its effect, and `post`, which looks at the key."""

    def act(call: ToolCall, result: int) -> int:
        ledger.note("effect", plan=call.plan, step=call.step, key=call.key, result=result)
        return result

    @tool
    async def book(amount: int, call: ToolCall) -> int:
        note_call(ledger, call)
        await anyio.sleep(0.001)
        return act(call, amount + 100)

    @tool
    async def post(amount: int, call: ToolCall) -> int:
        note_call(ledger, call)
        done = [entry for entry in ledger.entries("effect") if entry["key"] == call.key]
        return done[0]["result"] if done else act(call, amount + 200)

    return [book, post]


def _failing(ledger: Ledger) -> list[Tool]:
    @tool(effect="read")
    async def shaky(failures: int, call: ToolCall) -> str:
        note_call(ledger, call)
        calls = [entry for entry in ledger.entries("call") if entry["key"] == call.key]
        if len(calls) <= failures:
            raise ConnectionError(f"call {len(calls)} of {call.step} fails on purpose")
        return "steady"

    @tool(effect="read")
    async def second_time(call: ToolCall) -> str:
        note_call(ledger, call)
        if call.key.endswith("/0"):
            raise ConnectionError("the first activation fails on purpose")
        return "done"

    return [shaky, second_time]
