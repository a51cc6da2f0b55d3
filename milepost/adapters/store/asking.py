"""Queries that do no input or output themselves: they ask, and are answered.

A query is a generator. It yields statements, and work that takes a while, and is sent the rows
and results; what runs it decides where: in this thread, or in another one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from .parameters import check_parameters
from .translation import translated

T = TypeVar("T")
Answer: TypeAlias = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Select:
    """A statement whose rows are asked for."""

    sql: str
    parameters: tuple[object, ...]

    def __post_init__(self) -> None:
        """Raise `ValidationError` for a parameter that no row can be compared with."""
        check_parameters(self.parameters)


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
