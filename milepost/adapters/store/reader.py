"""What the journal asks a store file for, on connections that only read."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from milepost.domain.errors import StoreFormatError, UnknownNameError
from milepost.domain.values import ContentHash, hash_of
from milepost.engine.core.bulk import in_bulk
from milepost.engine.journal import Stored

from .body_rows import Known, body_in, known_in
from .codec import Codec, Row
from .connections import connect_reader
from .kinds import Kinds
from .translation import translated

_COLUMNS = "rowid, originator_id, originator_version, topic, state, time"
_OF_PLAN = f"""SELECT {_COLUMNS} FROM stored_events
  WHERE +rowid > ?2 AND (originator_id = ?1
    OR (originator_id > ?1 || '!' AND originator_id < ?1 || '"')
    OR (originator_id > ?1 || '.' AND originator_id < ?1 || '/'))
  ORDER BY rowid"""  # noqa: S608 - constants
"""The `+` has SQLite look the plan's streams up rather than go through all newer events."""
_REQUESTS = f"""SELECT {_COLUMNS} FROM stored_events INDEXED BY requests
  WHERE topic GLOB 'request.*' AND rowid > ? ORDER BY rowid"""  # noqa: S608 - constants
_VERSION = "SELECT max(originator_version) FROM stored_events WHERE originator_id = ?"
_LAST = "SELECT max(rowid) FROM stored_events"
_OWNER = "SELECT owner FROM plan_owners WHERE plan = ?"


class LogReader:
    """Queries over the log; each is over when it returns, so none holds a transaction."""

    def __init__(self, path: Path, *, kinds: Kinds, busy_timeout: float) -> None:
        self._path = path
        self._using = threading.Lock()
        with translated(path):
            self._connection = connect_reader(path, busy_timeout=busy_timeout)
        self.codec = Codec(kinds, self.body)

    def plan_events(self, plan: str, after: int = 0) -> list[Stored]:
        """Return the events of the plan, its steps and its requests after a position."""
        return self._stored(_OF_PLAN, plan, after)

    def requests(self, after: int) -> list[Stored]:
        """Return the requests to any plan after a position.

        Those that cannot be read are left out: whoever reads their plan is told.
        """
        return [one for row in self._rows(_REQUESTS, after) for one in self._readable(row)]

    def stream_version(self, stream: str) -> int:
        """Return the version of a stream's newest event, 0 if it has none."""
        return self._number(_VERSION, stream)

    def last_position(self) -> int:
        """Return the newest position, 0 for an empty store."""
        return self._number(_LAST)

    def owner_of(self, plan: str) -> str | None:
        """Return who owns a plan, None if nobody ever did; it is empty for one given up."""
        rows = self._rows(_OWNER, plan)
        return rows[0][0] if rows else None

    def data_version(self) -> int:
        """Return a number that differs whenever somebody has committed in between."""
        return self._number("PRAGMA data_version")

    def body(self, content: ContentHash) -> bytes:
        """Return a body; raise `UnknownNameError` if there is none, or `StoreFormatError`."""
        with self.connection() as connection:
            data = body_in(connection, content)
        if data is None:
            raise UnknownNameError(f"{self._path}: nothing is stored under {content}")
        if hash_of(data) != content:
            raise StoreFormatError(
                f"{self._path}: what is stored under {content} was changed; restore a backup"
            )
        return data

    def known(self, content: ContentHash) -> Known | None:
        """Return a body that others may be stored as differences from, None if it is not there."""
        with self.connection() as connection:
            return known_in(connection, content)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Use the connection alone, its errors translated."""
        with self._using, translated(self._path):
            yield self._connection

    def close(self) -> None:
        """Close the connection, when no query uses it."""
        with self._using:
            self._connection.close()

    @in_bulk
    def _stored(self, query: str, *parameters: object) -> list[Stored]:
        decode = self.codec.decode
        return [
            Stored(position, decode(Row(*columns)).as_decided())
            for position, *columns in self._rows(query, *parameters)
        ]

    def _readable(self, row: tuple[Any, ...]) -> Iterator[Stored]:
        position, *columns = row
        with suppress(StoreFormatError):
            yield Stored(position, self.codec.decode(Row(*columns)).as_decided())

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, parameters).fetchall()
        return rows

    def _number(self, query: str, *parameters: object) -> int:
        return int(self._rows(query, *parameters)[0][0] or 0)
