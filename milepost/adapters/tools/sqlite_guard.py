"""SQLite connections that can do no more than a query needs: no other file, no endless work."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from milepost.domain.errors import ExecutionError

from .table import Table

_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_WRITING = _READING | {
    sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE,
    sqlite3.SQLITE_DELETE,
    sqlite3.SQLITE_CREATE_TABLE,
    sqlite3.SQLITE_CREATE_INDEX,
    sqlite3.SQLITE_CREATE_VIEW,
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_DROP_VIEW,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_REINDEX,
}
_REFUSED_FUNCTIONS = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
)
_OPERATIONS_BETWEEN_LOOKS = 5000
_BUSY_SECONDS = 5.0
_PATTERN_LENGTH = 1000
_CODES = {
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_INTERRUPT": "timeout",
    "SQLITE_AUTH": "forbidden",
    "SQLITE_READONLY": "forbidden",
    "SQLITE_PERM": "forbidden",
    "SQLITE_CANTOPEN": "not_found",
    "SQLITE_NOTADB": "invalid_content",
    "SQLITE_CORRUPT": "invalid_content",
    "SQLITE_TOOBIG": "too_large",
    "SQLITE_CONSTRAINT": "constraint",
    "SQLITE_FULL": "io",
    "SQLITE_IOERR": "io",
}
_RETRYABLE = frozenset({"busy", "timeout", "io"})


@contextmanager
def file_connection(
    path: Path, *, writable: bool, seconds: float, max_bytes: int
) -> Iterator[sqlite3.Connection]:
    """Open a database file; nothing but this file can be reached, and only read by default.

    What is written stays only if the block ends without an error.
    """
    mode = "rwc" if writable else "ro"
    with translated_errors(seconds):
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=min(seconds, _BUSY_SECONDS),
        )
        with closing(connection):  # which undoes what was not committed
            connection.execute("BEGIN")
            _confine(connection, writable=writable, seconds=seconds, max_bytes=max_bytes)
            yield connection
            connection.set_authorizer(None)
            connection.execute("COMMIT")


@contextmanager
def table_connection(
    tables: Mapping[str, Table], *, seconds: float, max_bytes: int
) -> Iterator[sqlite3.Connection]:
    """Open a database in memory that holds the given tables and can only be read."""
    with translated_errors(seconds), closing(_in_memory()) as connection:
        for name, table in tables.items():
            columns = ", ".join(map(_quoted, table.columns))
            marks = ", ".join("?" * len(table.columns))
            connection.execute(f"CREATE TABLE {_quoted(name)} ({columns})")
            connection.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", table.rows)  # noqa: S608 - quoted
        connection.commit()
        _confine(connection, writable=False, seconds=seconds, max_bytes=max_bytes)
        yield connection


@contextmanager
def translated_errors(seconds: float) -> Iterator[None]:
    """Turn what SQLite raises into `ExecutionError`."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _translated(error, seconds) from error
    except OverflowError as error:
        message = "query: a parameter is a whole number beyond 64 bits; give it as text"
        raise ExecutionError(message, code="invalid_argument", retryable=False) from error


def _confine(
    connection: sqlite3.Connection, *, writable: bool, seconds: float, max_bytes: int
) -> None:
    """Shut every door; each of these alone already keeps other files out or work bounded."""
    connection.execute("PRAGMA trusted_schema = OFF")
    if not writable:
        connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max_bytes)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _PATTERN_LENGTH)
    connection.set_authorizer(_authorizer(_WRITING if writable else _READING))
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(
        lambda: int(time.monotonic() > deadline), _OPERATIONS_BETWEEN_LOOKS
    )


def _authorizer(allowed: frozenset[int]) -> Callable[..., int]:
    def decide(
        action: int, _first: str | None, second: str | None, _base: str | None, _by: str | None
    ) -> int:
        if action not in allowed:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REFUSED_FUNCTIONS:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    return decide


def _in_memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _translated(error: Exception, seconds: float) -> ExecutionError:
    name = getattr(error, "sqlite_errorname", "")
    code = _CODES.get("_".join(name.split("_")[:2]), "invalid_query")
    hint = {
        "forbidden": "only reading this one file is allowed here",
        "timeout": f"it ran longer than {seconds:g} s; ask for less",
        "invalid_query": "check the SQL and its named parameters",
    }.get(code, "")
    message = f"query: {error}" + (f"; {hint}" if hint else "")
    return ExecutionError(message, code=code, retryable=code in _RETRYABLE)
