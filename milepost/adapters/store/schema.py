"""The tables of a store file, and the numbered steps that bring an older file up to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from milepost.domain.errors import StoreFormatError

APPLICATION_ID = 0x4D4C5053
"""`MLPS`, in the header of every store file."""

LOG = (
    """CREATE TABLE stored_events (
         rowid INTEGER PRIMARY KEY,
         originator_id TEXT NOT NULL,
         originator_version INTEGER NOT NULL,
         topic TEXT NOT NULL,
         state BLOB NOT NULL,
         time INTEGER NOT NULL,
         UNIQUE (originator_id, originator_version))""",
    "CREATE INDEX requests ON stored_events (rowid) WHERE topic GLOB 'request.*'",
    """CREATE TABLE tracking (
         application_name TEXT PRIMARY KEY, notification_id INTEGER) WITHOUT ROWID""",
    "INSERT INTO tracking VALUES ('__migration__', 1)",
    "CREATE TABLE bodies (hash BLOB PRIMARY KEY, uses INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE body_data (hash BLOB PRIMARY KEY, data BLOB NOT NULL, base BLOB)",
    """CREATE TABLE plan_owners (
         plan TEXT PRIMARY KEY, owner TEXT NOT NULL, fence INTEGER NOT NULL) WITHOUT ROWID""",
)
MIGRATIONS: tuple[Sequence[str], ...] = (LOG,)
"""What each version added; a file's version is how many of these it has been through."""

_TABLES = frozenset({"stored_events", "tracking", "bodies", "body_data", "plan_owners"})


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables of a new file or bring an older one up, inside the open transaction.

    Raises `StoreFormatError` for another program's file and for a newer version's.
    """
    version = _version(connection, path)
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    if version < len(MIGRATIONS):
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


def version_of(path: Path) -> int:
    """Return a file's version, 0 if it is empty; raise `StoreFormatError` if it is no store."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN")  # one moment: another process may be making the file
        return _version(connection, path)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = _number(connection, "PRAGMA user_version")
    if _number(connection, "PRAGMA application_id") == APPLICATION_ID:
        if version > len(MIGRATIONS):
            raise StoreFormatError(
                f"{path}: written by a newer version of Milepost (store version {version}, this"
                f" one knows {len(MIGRATIONS)}); install that version to open it"
            )
        if version:
            _refuse_what_lacks_tables(connection, path)
        return version
    if _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise StoreFormatError(
            f"{path}: a SQLite file of another program; name a new file or a Milepost store"
        )
    return 0


def _refuse_what_lacks_tables(connection: sqlite3.Connection, path: Path) -> None:
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    for table in sorted(_TABLES - found):
        raise StoreFormatError(
            f"{path}: damaged, the table {table} is missing; restore a backup, or name another file"
        )


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
