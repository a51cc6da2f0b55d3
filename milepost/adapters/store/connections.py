"""Connections to a store file, with full durability set and proved."""

from __future__ import annotations

import sqlite3
import sys
import time
from pathlib import Path

from eventsourcing.persistence import ConnectionPoolClosedError
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool

from milepost.domain.errors import StoreError

FULL = 2
PAGE = 2048
"""Bytes of a page: a commit writes six or more of them whole, so smaller is faster, to a point."""
_COMMON = (
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384",  # 16 MiB if they are needed: the leaves of a thousand plans
)
_MACOS = ("PRAGMA fullfsync=ON", "PRAGMA checkpoint_fullfsync=ON")
_MILLISECONDS = 1000
_LOOK = 0.01


def connect(path: Path, *, busy_timeout: float = 0) -> sqlite3.Connection:
    """Open the file; `busy_timeout` (seconds) is how long to wait for other programs.

    Raises `StoreError` where write-ahead logging or full durability is not to be had.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=busy_timeout
    )
    try:
        _configure(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path, *, busy_timeout: float) -> sqlite3.Connection:
    """Open the file for queries only."""
    connection = connect(path, busy_timeout=busy_timeout)
    connection.execute("PRAGMA query_only=ON")
    add_functions(connection)
    return connection


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions that queries use: `folded`, texts that differ only in case made equal."""
    connection.create_function("folded", 1, str.casefold, deterministic=True)


def set_busy_timeout(connection: sqlite3.Connection, seconds: float) -> None:
    """Change how long the connection waits for other programs."""
    connection.execute(f"PRAGMA busy_timeout={int(seconds * _MILLISECONDS)}")


def _configure(connection: sqlite3.Connection, path: Path) -> None:
    mode = _answer(connection, "PRAGMA journal_mode")
    if mode != "wal":
        connection.execute(f"PRAGMA page_size={PAGE}")
        mode = _answer(connection, "PRAGMA journal_mode=WAL")
    if mode != "wal":
        raise StoreError(
            f"{path}: the file system does not allow write-ahead logging (mode {mode});"
            " keep the store on a local disk"
        )
    for pragma in _COMMON + (_MACOS if sys.platform == "darwin" else ()):
        connection.execute(pragma)
    if _answer(connection, "PRAGMA synchronous") != FULL:
        raise StoreError(
            f"{path}: SQLite refuses synchronous=FULL; use a build that keeps commits durable"
        )


def _answer(connection: sqlite3.Connection, pragma: str) -> object:
    return connection.execute(pragma).fetchone()[0]


class ReaderPool(SQLiteConnectionPool):
    """The library's pool, made of connections that only read.

    Closing waits for those in use: to close one in the middle of a query ends the process.
    """

    _closing = False

    def get_connection(
        self, timeout: float | None = None, *, is_writer: bool | None = None
    ) -> SQLiteConnection:
        """Lend a connection; raise `ConnectionPoolClosedError` once the pool closes."""
        if self._closing:
            raise ConnectionPoolClosedError
        return super().get_connection(timeout, is_writer=is_writer)

    def close(self) -> None:
        """Lend no more, and close what has come back; what stays out is never closed."""
        self._closing = True
        deadline = time.monotonic() + self.pool_timeout
        with self._put_condition:
            while self._in_use and time.monotonic() < deadline:
                self._put_condition.wait(_LOOK)
            self._in_use.clear()
        super().close()

    def _create_connection(self) -> SQLiteConnection:
        timeout = float(self.lock_timeout or 0)
        connection = connect_reader(Path(self.db_name), busy_timeout=timeout)
        connection.row_factory = sqlite3.Row
        return SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)
