"""The library's recorder over a store file.

Everything of `eventsourcing` that works on a recorder works on this one: repositories, the
notification log, subscriptions, tracking. Its inserts are raw: they go through the gate and get
gapless positions, but check no owner and write no inline rows; the journal does that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent, Tracking
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteProcessRecorder,
    SQLiteTransaction,
)

from .connections import ReaderPool
from .many import insert_many
from .subscription import CallingRecorder
from .timed import TimedEvent, TimedNotification
from .transaction import INTO_EVENTS, Head
from .writer import Writer

_COLUMNS = "rowid, originator_id, originator_version, topic, state, time"
_SELECT = f"SELECT {_COLUMNS} FROM stored_events WHERE"  # noqa: S608 - constants
_ALL = 2**63 - 1
_NANOSECONDS = 1000


class LogDatastore(SQLiteDatastore):
    """The library's datastore: reads from a pool, writes through the one writer."""

    def __init__(self, path: str, writer: Writer, *, busy_timeout: float) -> None:
        super().__init__(path, originator_id_type="text")
        self._writer = writer
        self.pool = ReaderPool(db_name=path, lock_timeout=max(1, round(busy_timeout)))

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """Begin a transaction; one that commits holds the gate."""
        if not commit:
            with super().transaction(commit=False) as cursor:
                yield cursor
            return
        with self._writer.exclusive() as raw:
            connection = SQLiteConnection(sqlite_conn=raw, max_age=None)
            with SQLiteTransaction(connection, commit=True) as cursor, cursor:
                yield cursor


class LogRecorder(CallingRecorder, SQLiteProcessRecorder):
    """Events, their positions and times, and the positions that followers have reached."""

    def create_table(self) -> None:
        """Do nothing: opening the file made its tables."""

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401 - the library's signature
    ) -> Sequence[int] | None:
        head = Head()
        head.refresh(c.sqlite_cursor.connection)
        newest = max(time.time_ns() // _NANOSECONDS, head.time)
        rows = [
            (at, str(event.originator_id), event.originator_version, event.topic, event.state)
            for at, event in enumerate(stored_events, head.position + 1)
        ]
        insert_many(c.sqlite_cursor.connection, INTO_EVENTS, [(*row, newest) for row in rows])
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is not None:
            self._insert_tracking(c, tracking)
        return [row[0] for row in rows]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return a stream's events, with their times."""
        order = "DESC" if desc else "ASC"
        query = (
            f"{_SELECT} originator_id = ? AND originator_version > ? AND originator_version <= ?"
            f" ORDER BY originator_version {order} LIMIT ?"
        )
        bounds = (str(originator_id), -1 if gt is None else gt, _or_all(lte), _or_all(limit))
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, bounds)
            return [TimedEvent(*row[1:]) for row in cursor.fetchall()]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return the events between two positions, with their times."""
        first = 0 if start is None else start if inclusive_of_start else start + 1
        query = f"{_SELECT} rowid >= ? AND rowid <= ?"
        if topics:
            query += f" AND topic IN ({', '.join('?' * len(topics))})"
        query += " ORDER BY rowid LIMIT ?"
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, (first, _or_all(stop), *topics, limit))
            return [
                TimedNotification(stream, version, topic, state, position, moment)
                for position, stream, version, topic, state, moment in cursor.fetchall()
            ]


def _or_all(number: int | None) -> int:
    return _ALL if number is None else number
