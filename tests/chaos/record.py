"""Reads a store file with nothing but SQLite, from a copy, so that looking changes nothing."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .contents import read_contents

Fields = dict[str, Any]
_EVENTS = """SELECT rowid, originator_id, originator_version, topic, state, time
  FROM stored_events ORDER BY rowid"""
_STEPS = """SELECT plans.id, steps.path, steps.status, steps.attempt, steps.activation
  FROM steps JOIN plans USING (plan_no)"""
_PLANS = "SELECT id, status, completed, failed, skipped, cancelled FROM plans"
_OWNERS = "SELECT plan, owner, fence FROM plan_owners"


@dataclass(frozen=True)
class Line:
    """One row of the log; `data` holds its fields as stored, the cause as a whole id."""

    position: int
    stream: str
    version: int
    kind: str
    time: int
    data: Fields

    @property
    def id(self) -> str:
        return f"{self.stream}#{self.version}"

    @property
    def plan(self) -> str:
        return self.stream.partition(".")[0].partition("!")[0]

    @property
    def path(self) -> str | None:
        """The step's path, None for events of plans and requests."""
        _plan, dot, path = self.stream.partition(".")
        return path if dot else None

    @property
    def decided(self) -> object:
        """What the events of one decision share, and others do not: when it was made."""
        return self.data.get("decided_at", self.time)

    @property
    def cause(self) -> str:
        return str(self.data.get("cause", ""))


@dataclass
class Record:
    """All that a store file says; `damage` is what SQLite itself finds wrong with it."""

    lines: list[Line] = field(default_factory=list)
    bodies: dict[str, Any] = field(default_factory=dict)
    step_rows: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    plan_rows: dict[str, tuple[int, ...]] = field(default_factory=dict)
    owners: dict[str, tuple[str, int]] = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)

    def of_plan(self, plan: str) -> list[Line]:
        return [line for line in self.lines if line.plan == plan]

    @property
    def plans(self) -> list[str]:
        """The plans that were drafted, in order."""
        return [line.stream for line in self.lines if line.kind == "plan.drafted.v1"]


def read_record(store: Path) -> Record:
    """Return what a store holds, as it would after a crash now."""
    with opened(store) as connection:
        return _read(connection)


@contextmanager
def opened(store: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of the file and its write-ahead log."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / store.name
        for suffix in ("", "-wal", "-journal"):
            source = store.with_name(store.name + suffix)
            if source.exists():
                shutil.copyfile(source, copy.with_name(copy.name + suffix))
        with closing(sqlite3.connect(copy)) as connection:
            yield connection


def _read(connection: sqlite3.Connection) -> Record:
    record = Record()
    try:
        record.damage = [
            *(row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"),
            *(f"foreign key: {row}" for row in connection.execute("PRAGMA foreign_key_check")),
        ]
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return record
        record.lines = [_line(row) for row in connection.execute(_EVENTS)]
        record.bodies, damaged = read_contents(connection)
        record.damage += damaged
        record.step_rows = {tuple(row[:2]): row[2:] for row in connection.execute(_STEPS)}
        record.plan_rows = {row[0]: row[1:] for row in connection.execute(_PLANS)}
        record.owners = {row[0]: row[1:] for row in connection.execute(_OWNERS)}
    except sqlite3.Error as error:
        record.damage.append(f"SQLite cannot read it: {error}")
    return record


def _line(row: tuple[int, str, int, str, bytes, int]) -> Line:
    position, stream, version, kind, state, time = row
    data = json.loads(state)
    near = data.pop("c", None)
    if near is not None:
        data["cause"] = stream.partition(".")[0].partition("!")[0] + near
    return Line(position, stream, version, kind, time, data)
