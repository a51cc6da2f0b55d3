"""Queries over a store in memory: its log is mirrored in SQLite's memory before each answer.

The rows are made by the same functions as a file's, in catch-up instead of in the commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from milepost.domain.values import ContentHash
from milepost.engine.journal import Stored

from .asking import Asking, DirectAsker, T
from .bodies import key_of
from .connections import add_functions
from .kinds import Kinds
from .memory import MemoryStore
from .projection_rows import write_inline
from .projection_tables import TABLES
from .reads import StoreReads
from .schema import LOG

_EVENT = """INSERT INTO stored_events
  (rowid, originator_id, originator_version, topic, state, time) VALUES (?, ?, ?, ?, ?, ?)"""
_BODY = "INSERT INTO body_data (hash, data) VALUES (?, ?)"


@asynccontextmanager
async def open_memory_reads(
    store: MemoryStore, *, kinds: Kinds | None = None
) -> AsyncIterator[StoreReads]:
    """Open a store in memory for queries for the length of a block, under any event loop."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        asker = MirrorAsker(store, connection)
        yield StoreReads(asker, asker, kinds or Kinds())


class MirrorAsker:
    """Answers from the mirror, after copying what is new to it."""

    def __init__(self, store: MemoryStore, connection: sqlite3.Connection) -> None:
        self._store = store
        self._connection = connection
        add_functions(connection)
        for statement in (*LOG, *TABLES):
            self._connection.execute(statement)
        self._asker = DirectAsker(self._connection, Path("memory"))
        self._position = 0
        self._bodies: set[ContentHash] = set()

    async def ask(self, asking: Asking[T]) -> T:
        """Return what a query comes to."""
        self._catch_up()
        return self._asker.answer(asking)

    async def ask_at_one_moment(self, asking: Asking[T]) -> T:
        """Return what a query comes to; nothing is copied while it is answered."""
        return await self.ask(asking)

    def _catch_up(self) -> None:
        newest = self._store.recorder.max_notification_id() or 0
        if newest == self._position:
            return
        with self._connection:
            self._connection.execute("BEGIN")
            self._copy_bodies()
            added = [self._copied(position) for position in range(self._position + 1, newest + 1)]
            write_inline(self._connection, added, {})
        self._position = newest

    def _copy_bodies(self) -> None:
        contents = self._store.bodies.contents
        new = contents.keys() - self._bodies
        for content in new:
            self._connection.execute(_BODY, (key_of(content), contents[content]))
        self._bodies |= new

    def _copied(self, position: int) -> Stored:
        event = self._store.recorder.at(position)
        columns = (event.originator_id, event.originator_version, event.topic, event.state)
        self._connection.execute(_EVENT, (position, *columns, event.time))
        return self._store.stored(position)
