"""A store opened with every tool that the measures of Milepost alone call."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import anyio

import milepost

from .milepost_runner import no_op

TOOL_SECONDS: Final = 0.05
QUICK_SHARE: Final = 100
"""How many times smaller the quick sizes are."""


@milepost.tool(name="bench.broken")
async def broken(number: int) -> int:
    """Fail, and say that it would fail again."""
    raise milepost.ExecutionError(f"{number} is too much", code="down", retryable=False)


@milepost.tool(name="bench.slow")
async def slow(number: int) -> int:
    """Take as long as a quick real tool does."""
    await anyio.sleep(TOOL_SECONDS)
    return number


@milepost.tool(name="bench.look", effect="read")
async def look(number: int) -> int:
    """Give the number back; as nothing is changed, a step may be taken back."""
    return number


def opened(folder: Path) -> AbstractAsyncContextManager[milepost.Milepost]:
    """Open the store file of a folder."""
    return milepost.open(str(folder / "milepost.db"), tools=[no_op, slow, broken, look])


@asynccontextmanager
async def reopened(folder: Path) -> AsyncIterator[milepost.Milepost]:
    """Open it as a new process does: what was left in memory by earlier ones is gone."""
    gc.collect()
    async with opened(folder) as instance:
        yield instance


def size(full: int, *, quick: bool) -> int:
    """Return how much a measure does."""
    return full // QUICK_SHARE if quick else full
