"""Answers from another thread, so that the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from anyio import CancelScope, CapacityLimiter, Lock, to_thread

from .asking import BEGIN, Answer, Asking, Select, T
from .translation import translated

if TYPE_CHECKING:
    import aiosqlite

LONG_WORK = 500
"""Items from which work leaves the event loop's thread."""


class Connected(Protocol):
    """A connection that another thread works on, one statement at a time."""

    async def select(self, asked: Select) -> Answer:
        """Return the rows of a statement."""

    async def rollback(self) -> None:
        """End the transaction, if there is one."""


class ThoroughAsker:
    """Answers from a connection in another thread.

    Statements of several queries take turns, but a query of one moment has the connection alone:
    what others ask for meanwhile must not be of a moment before they asked.
    """

    def __init__(self, connection: Connected, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._turn = Lock(fast_acquire=True)
        self._workers = CapacityLimiter(1)  # tools may have taken all common threads

    async def ask(self, asking: Asking[T]) -> T:
        """Return what a query comes to."""
        with translated(self._path):
            return await self._answer(asking, self._select_in_turn)

    async def ask_at_one_moment(self, asking: Asking[T]) -> T:
        """Return what a query comes to, read in one transaction."""
        with translated(self._path):
            async with self._turn:
                try:
                    await self._connection.select(BEGIN)
                    return await self._answer(asking, self._connection.select)
                finally:
                    with CancelScope(shield=True):
                        await self._connection.rollback()

    async def _answer(self, asking: Asking[T], rows: Callable[[Select], Awaitable[Answer]]) -> T:
        answer: Any = None
        try:
            while True:
                asked = asking.send(answer)
                if isinstance(asked, Select):
                    answer = await rows(asked)
                elif asked.size < LONG_WORK:
                    answer = asked.function()
                else:
                    answer = await to_thread.run_sync(asked.function, limiter=self._workers)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _select_in_turn(self, asked: Select) -> Answer:
        async with self._turn:
            return await self._connection.select(asked)


@asynccontextmanager
async def connected(connect: Callable[[], sqlite3.Connection]) -> AsyncIterator[Connected]:
    """Open a connection in another thread for the length of a block, under either event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        async with _thread_connected(connect) as connection:
            yield connection
        return
    import aiosqlite

    async with aiosqlite.Connection(connect, 64) as aio:
        yield AioConnected(aio)


@asynccontextmanager
async def _thread_connected(
    connect: Callable[[], sqlite3.Connection],
) -> AsyncIterator[ThreadConnected]:
    threads = CapacityLimiter(1)
    connection = await to_thread.run_sync(connect, limiter=threads)
    try:
        yield ThreadConnected(connection, threads)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(connection.close, limiter=threads)


class AioConnected:
    """A connection of aiosqlite, which runs under asyncio only."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def select(self, asked: Select) -> Answer:
        """Return the rows of a statement."""
        rows: Any = await self._connection.execute_fetchall(asked.sql, asked.parameters)
        return list(rows)

    async def rollback(self) -> None:
        """End the transaction, if there is one."""
        await self._connection.rollback()


class ThreadConnected:
    """A connection that one thread at a time is lent to; for trio."""

    def __init__(self, connection: sqlite3.Connection, threads: CapacityLimiter) -> None:
        self._connection = connection
        self._threads = threads

    async def select(self, asked: Select) -> Answer:
        """Return the rows of a statement."""

        def select() -> Answer:
            return self._connection.execute(asked.sql, asked.parameters).fetchall()

        return await to_thread.run_sync(select, limiter=self._threads)

    async def rollback(self) -> None:
        """End the transaction, if there is one."""
        await to_thread.run_sync(self._connection.rollback, limiter=self._threads)
