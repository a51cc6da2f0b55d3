"""Opening a store for reading only."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from milepost.domain.errors import UnknownNameError

from .asking import DirectAsker
from .connections import connect_reader
from .kinds import Kinds
from .limits import StoreLimits
from .reads import StoreReads
from .schema import version_of
from .thorough import ThoroughAsker, connected
from .translation import translated


@asynccontextmanager
async def open_reads(
    path: Path, *, kinds: Kinds | None = None, limits: StoreLimits | None = None
) -> AsyncIterator[StoreReads]:
    """Open a store file for queries for the length of a block; others may write to it meanwhile.

    Raises `UnknownNameError` for a file that is not there, `StoreFormatError` for what is no store.
    """
    timeout = (limits or StoreLimits()).commits.busy_timeout
    connect = partial(connect_to_existing, path, busy_timeout=timeout)
    async with AsyncExitStack() as stack:
        quick = await to_thread.run_sync(connect, limiter=CapacityLimiter(1))
        stack.callback(quick.close)
        with translated(path):
            thorough = await stack.enter_async_context(connected(connect))
        yield StoreReads(DirectAsker(quick, path), ThoroughAsker(thorough, path), kinds or Kinds())


def connect_to_existing(path: Path, *, busy_timeout: float = 5.0) -> sqlite3.Connection:
    """Return a connection for queries only; never make a file.

    Raises `UnknownNameError` for a file that is not there, `StoreFormatError` for what is no store.
    """
    with translated(path):
        if not path.is_file():
            raise UnknownNameError(
                f"{path}: there is no such store; run a plan in it, or name another"
            )
        if version_of(path) == 0:
            raise UnknownNameError(f"{path}: the file is empty, not a store; name another")
        return connect_reader(path, busy_timeout=busy_timeout)
