"""The table layouts that `storage.py` compares, each with the rows of one step's life.

A group is what one save holds: the completion of a step and the start of the next.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

KINDS = ("step.started.v1", "step.completed.v1")
MICROSECONDS = 1_780_000_000_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One event before a layout turns it into columns."""

    plan: int
    plan_id: str
    path: str
    version: int
    time: int

    @property
    def stream(self) -> str:
        """Return the stream's full name."""
        return f"{self.plan_id}.{self.path}"

    @property
    def kind(self) -> str:
        """Return the event's kind: a start, then a completion."""
        return KINDS[self.version - 1]


class Layout(Protocol):
    """A way to lay events and their inline rows out in tables."""

    name: str
    schema: str

    def write(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Write the rows inside the open transaction."""


def steps(plans: int, steps_per_plan: int) -> Iterator[list[Row]]:
    """Yield one group per step, the plans interleaved as a scheduler would."""
    time = MICROSECONDS
    ids = [f"p01k9{plan:022d}" for plan in range(plans)]
    for number in range(steps_per_plan):
        for plan in range(plans):
            time += 7
            path = f"step_{number}"
            yield [
                Row(plan, ids[plan], path, 1, time),
                Row(plan, ids[plan], path, 2, time + 3),
            ]


def open_file(path: Path, layout: Layout, *, page: int = 4096) -> sqlite3.Connection:
    """Open a new file with full durability, and prove that it is in force."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA page_size={page}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    if connection.execute("PRAGMA synchronous").fetchone() != (2,):
        raise SystemExit("synchronous=FULL is not in force")
    connection.executescript(layout.schema)
    return connection


class Stock:
    """The library's columns, the whole envelope in the state, history as copies."""

    name = "stock-like"
    schema = """
        CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT,
          state BLOB, PRIMARY KEY (originator_id, originator_version));
        CREATE TABLE history (plan TEXT, position INTEGER, step TEXT, kind TEXT, time TEXT,
          actor TEXT, data TEXT, PRIMARY KEY (plan, position)) WITHOUT ROWID;
        CREATE TABLE steps (plan TEXT, path TEXT, status TEXT, attempt INTEGER, started TEXT,
          ended TEXT, PRIMARY KEY (plan, path)) WITHOUT ROWID;
    """

    def write(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Write one statement per event, as the library does."""
        cursor = connection.cursor()
        for row in rows:
            state = json.dumps(self._envelope(row)).encode()
            topic = f"milepost.domain.events.step_events:Step.{row.kind}"
            cursor.execute(
                "INSERT INTO stored_events VALUES (?,?,?,?)",
                (row.stream, row.version, topic, state),
            )
            time = f"2026-05-28T20:26:{row.time}Z"
            history = (row.plan_id, cursor.lastrowid, row.path, row.kind, time, "engine", state)
            cursor.execute("INSERT INTO history VALUES (?,?,?,?,?,?,?)", history)
            cursor.execute(
                "INSERT INTO steps VALUES (?,?,?,1,?,?) ON CONFLICT (plan, path) DO UPDATE "
                "SET status=excluded.status, ended=excluded.ended",
                (row.plan_id, row.path, row.kind, time, time),
            )

    def _envelope(self, row: Row) -> dict[str, object]:
        return {
            "id": f"{row.stream}#{row.version}",
            "originator_id": row.stream,
            "originator_version": row.version,
            "timestamp": f"2026-05-28T20:26:{row.time}Z",
            "kind": row.kind,
            "plan": row.plan_id,
            "step": row.path,
            "revision": 1,
            "actor": "engine",
            "cause": f"{row.stream}#{row.version - 1}",
            "trace": None,
            "data": {"attempt": 1, "bindings": {}, "output": None, "duration": 0.000123},
        }


class Compact:
    """Own positions, short kinds, the time as a number, pointers and one upsert a batch."""

    name = "compact"
    schema = """
        CREATE TABLE stored_events (rowid INTEGER PRIMARY KEY AUTOINCREMENT,
          originator_id TEXT NOT NULL, originator_version INTEGER NOT NULL, topic TEXT NOT NULL,
          state BLOB NOT NULL, time INTEGER NOT NULL, UNIQUE (originator_id, originator_version));
        CREATE TABLE history (plan INTEGER, position INTEGER, PRIMARY KEY (plan, position))
          WITHOUT ROWID;
        CREATE TABLE steps (plan INTEGER, path TEXT, status INTEGER, attempt INTEGER,
          first INTEGER, last INTEGER, started INTEGER, ended INTEGER,
          PRIMARY KEY (plan, path)) WITHOUT ROWID;
        CREATE TABLE plans (plan INTEGER PRIMARY KEY, id TEXT, status INTEGER, done INTEGER,
          last INTEGER);
    """
    insert = "INSERT INTO stored_events VALUES (?,?,?,?,?,?)"

    def write(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Write the batch table by table, positions counted on from the last one."""
        last = connection.execute("SELECT max(rowid) FROM stored_events").fetchone()[0] or 0
        numbered = list(enumerate(rows, last + 1))
        connection.executemany(self.insert, self.events(connection, numbered))
        self.pointers(connection, numbered)
        connection.executemany(
            "INSERT INTO steps VALUES (?,?,?,1,?,?,?,?) ON CONFLICT (plan, path) DO UPDATE SET "
            "status=excluded.status, last=excluded.last, ended=excluded.ended",
            {
                (row.plan, row.path): (row.plan, row.path, 3, at, at, row.time, row.time)
                for at, row in numbered
            }.values(),
        )
        connection.executemany(
            "INSERT INTO plans VALUES (?,?,1,1,?) ON CONFLICT (plan) DO UPDATE SET "
            "done=done+1, last=excluded.last",
            {row.plan: (row.plan, row.plan_id, at) for at, row in numbered}.values(),
        )

    def events(
        self, _connection: sqlite3.Connection, numbered: list[tuple[int, Row]]
    ) -> list[tuple[object, ...]]:
        """Return the rows of the events table."""
        return [
            (at, row.stream, row.version, row.kind, _state(row), row.time) for at, row in numbered
        ]

    def pointers(self, connection: sqlite3.Connection, numbered: list[tuple[int, Row]]) -> None:
        """Write the history rows."""
        connection.executemany(
            "INSERT INTO history VALUES (?,?)", [(row.plan, at) for at, row in numbered]
        )


class PlanColumn(Compact):
    """As compact; history is an index on a plan column, which SQLite keeps by itself."""

    name = "compact, plan column"
    schema = Compact.schema.replace("time INTEGER NOT NULL,", "time INTEGER, plan INTEGER,", 1)
    schema += "CREATE INDEX history_of_plan ON stored_events (plan);"
    insert = "INSERT INTO stored_events VALUES (?,?,?,?,?,?,?)"

    def events(
        self, _connection: sqlite3.Connection, numbered: list[tuple[int, Row]]
    ) -> list[tuple[object, ...]]:
        """Return the rows of the events table."""
        return [
            (at, row.stream, row.version, row.kind, _state(row), row.time, row.plan)
            for at, row in numbered
        ]

    def pointers(self, connection: sqlite3.Connection, numbered: list[tuple[int, Row]]) -> None:
        """Write nothing: the index has it."""


class Interned(Compact):
    """As compact; streams and kinds are numbers, with a table that names them."""

    name = "compact, interned"
    schema = Compact.schema.replace("originator_id TEXT", "originator_id INTEGER", 1).replace(
        "topic TEXT", "topic INTEGER", 1
    )
    schema += "CREATE TABLE streams (number INTEGER PRIMARY KEY, name TEXT UNIQUE);"

    def events(
        self, connection: sqlite3.Connection, numbered: list[tuple[int, Row]]
    ) -> list[tuple[object, ...]]:
        """Return the rows of the events table, the streams named first."""
        names = sorted({row.stream for _at, row in numbered})
        connection.executemany(
            "INSERT INTO streams (name) VALUES (?) ON CONFLICT DO NOTHING",
            [(name,) for name in names],
        )
        find = "SELECT number FROM streams WHERE name=?"
        numbers = {name: connection.execute(find, (name,)).fetchone()[0] for name in names}
        return [
            (at, numbers[row.stream], row.version, row.version, _state(row), row.time)
            for at, row in numbered
        ]


def _state(row: Row) -> str:
    cause = f'"cause":".{row.path}#{row.version - 1}"'
    return f"{{{cause}}}" if row.version == 1 else f'{{{cause},"duration":0.000123}}'


LAYOUTS: tuple[Layout, ...] = (Stock(), Compact(), PlanColumn(), Interned())
