"""Queries that do no input or output themselves: they ask, and are answered.

A query is a generator. It yields statements, and work that takes a while, and is sent the rows
and results; what runs it decides where: in this thread, or on an aiosqlite connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from anyio import CancelScope, Lock, to_thread

from .translation import translated

if TYPE_CHECKING:
    import aiosqlite

T = TypeVar("T")
Answer: TypeAlias = list[tuple[Any, ...]]
LONG_WORK = 500
"""Items from which work leaves the event loop's thread."""


@dataclass(frozen=True, slots=True)
class Select:
    """A statement whose rows are asked for."""

    sql: str
    parameters: tuple[object, ...]


BEGIN = Select("BEGIN", ())
"""Has all that is read from here on be of one moment: that of the first row."""


@dataclass(frozen=True, slots=True)
class Compute:
    """Work on so many items whose result is asked for."""

    function: Callable[[], object]
    size: int


Asking: TypeAlias = Generator[Select | Compute, Any, T]


def select(sql: str, *parameters: object) -> Asking[Answer]:
    """Ask for the rows of a statement."""
    return (yield from rows_of(Select(sql, parameters)))


def rows_of(statement: Select) -> Asking[Answer]:
    """Ask for the rows of a statement that is made elsewhere."""
    rows: Answer = yield statement
    return rows


def compute(function: Callable[[], T], *, size: int) -> Asking[T]:
    """Ask for the result of work on so many items."""
    result: T = yield Compute(function, size)
    return result


class Asker(Protocol):
    """Runs queries."""

    async def ask(self, asking: Asking[T]) -> T:
        """Return what a query comes to; raise what it raises, and `StoreError`."""

    async def ask_at_one_moment(self, asking: Asking[T]) -> T:
        """Return what a query comes to whose rows must not change from statement to statement."""


class DirectAsker:
    """Answers in the caller's thread: no hand-over, so best for queries of a few rows."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    async def ask(self, asking: Asking[T]) -> T:
        """Return what a query comes to."""
        return self.answer(asking)

    async def ask_at_one_moment(self, asking: Asking[T]) -> T:
        """Return what a query comes to, read in one transaction."""
        with translated(self._path):
            self._connection.execute(BEGIN.sql)
            try:
                return self.answer(asking)
            finally:
                self._connection.rollback()

    def answer(self, asking: Asking[T]) -> T:
        """Return what a query comes to, for callers that do not run in an event loop."""
        with translated(self._path):
            answer: Any = None
            try:
                while True:
                    asked = asking.send(answer)
                    if isinstance(asked, Select):
                        answer = self._connection.execute(asked.sql, asked.parameters).fetchall()
                    else:
                        answer = asked.function()
            except StopIteration as stop:
                result: T = stop.value
                return result


class AioAsker:
    """Answers from an aiosqlite connection, so that the event loop never waits for the disk.

    Statements of several queries take turns, but a query of one moment has the connection alone:
    what others ask for meanwhile must not be of a moment before they asked.
    """

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._turn = Lock(fast_acquire=True)

    async def ask(self, asking: Asking[T]) -> T:
        """Return what a query comes to."""
        with translated(self._path):
            return await self._answer(asking, self._select_in_turn)

    async def ask_at_one_moment(self, asking: Asking[T]) -> T:
        """Return what a query comes to, read in one transaction."""
        with translated(self._path):
            async with self._turn:
                try:
                    await self._select(BEGIN)
                    return await self._answer(asking, self._select)
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
                    answer = await to_thread.run_sync(asked.function)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _select_in_turn(self, asked: Select) -> Answer:
        async with self._turn:
            return await self._select(asked)

    async def _select(self, asked: Select) -> Answer:
        rows: Any = await self._connection.execute_fetchall(asked.sql, asked.parameters)
        return list(rows)
