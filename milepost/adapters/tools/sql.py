"""`sql.query`: SQL over a SQLite file, or over CSV files, of the confined folder."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from milepost.domain.errors import ExecutionError
from milepost.domain.values import JsonScalar
from milepost.engine.tooling import Effect, Tool

from .csv_file import csv_table
from .decorator import tool
from .folder import ConfinedFolder
from .sqlite_guard import file_connection, table_connection

MAX_TABLES = 20
_NOTHING = re.compile(r"(?>\s+|;|--[^\n]*|/\*.*?(?:\*/|\Z))*+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """What a query may do; `database` is the file that is asked when a call names none."""

    database: str
    allow_write: bool
    max_rows: int
    max_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows as objects; `count` is the rows returned, or changed when there are no columns."""

    columns: list[str]
    rows: list[dict[str, JsonScalar]]
    count: int


def sql_tools(folder: ConfinedFolder, limits: SqlLimits) -> list[Tool]:
    """Return the SQL tool; it writes only when `limits` allow it."""
    effect = Effect.WRITE if limits.allow_write else Effect.READ

    @tool(name="sql.query", effect=effect)
    def query_sql(
        query: str,
        params: dict[str, JsonScalar] | None = None,
        database: str | None = None,
        tables: dict[str, str] | None = None,
        max_rows: Annotated[int, Ge(0)] = limits.max_rows,
    ) -> QueryResult:
        """Run one SQL statement on a SQLite file, or on CSV files given as tables by name."""
        if _NOTHING.fullmatch(query):
            raise _failed("query: says nothing; give an SQL statement")
        most = min(max_rows, limits.max_rows)
        with (
            _opened(folder, limits, database=database, tables=tables) as connection,
            closing(connection.execute(query, params or {})) as cursor,
        ):
            if cursor.description is None:
                return QueryResult([], [], max(cursor.rowcount, 0))
            columns = _columns(cursor)
            rows = list(_rows(cursor, columns, max_rows=most, max_bytes=limits.max_bytes))
            return QueryResult(columns, rows, len(rows))

    return [query_sql]


@contextmanager
def _opened(
    folder: ConfinedFolder,
    limits: SqlLimits,
    *,
    database: str | None,
    tables: Mapping[str, str] | None,
) -> Iterator[sqlite3.Connection]:
    if tables and database is not None:
        raise _failed("give database or tables, not both", code="invalid_argument")
    if tables:
        if len(tables) > MAX_TABLES:
            raise _failed(f"tables: at most {MAX_TABLES} are loaded", code="too_large")
        loaded = {
            name: csv_table(folder, path, max_bytes=limits.max_bytes, max_rows=limits.max_rows)
            for name, path in tables.items()
        }
        with table_connection(
            loaded, seconds=limits.seconds, max_bytes=limits.max_bytes
        ) as connection:
            yield connection
        return
    name = limits.database if database is None else database
    path = folder.locate(name)
    if not path.is_file() and (path.exists() or not limits.allow_write):
        problem = f"database {name!r}: is not a file in the folder; give database or tables"
        raise _failed(problem, code="not_found")
    with file_connection(
        path, writable=limits.allow_write, seconds=limits.seconds, max_bytes=limits.max_bytes
    ) as connection:
        yield connection


def _columns(cursor: sqlite3.Cursor) -> list[str]:
    columns = [entry[0] for entry in cursor.description]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise _failed(f"query: column {twice!r} comes twice; rename one with AS")
    return columns


def _rows(
    cursor: sqlite3.Cursor, columns: list[str], *, max_rows: int, max_bytes: int
) -> Iterator[dict[str, JsonScalar]]:
    """Yield rows as objects; more than the limits allow is an error, never a silent cut."""
    size = 0
    for count, row in enumerate(cursor, start=1):
        if count > max_rows:
            problem = f"query: gives more than {max_rows} rows; add LIMIT or raise max_rows"
            raise _failed(problem, code="too_large")
        size += sum(len(cell) for cell in row if isinstance(cell, str))
        if size > max_bytes:
            problem = f"query: gives more than {max_bytes} characters; select less"
            raise _failed(problem, code="too_large")
        for name, cell in zip(columns, row, strict=True):
            _refuse_unrepresentable(name, cell)
        yield dict(zip(columns, row, strict=True))


def _refuse_unrepresentable(name: str, cell: object) -> None:
    if isinstance(cell, bytes):
        raise _failed(f"query: column {name!r} holds bytes; use hex({name})", code="invalid_result")
    if isinstance(cell, float) and not math.isfinite(cell):
        raise _failed(f"query: column {name!r} holds an infinity", code="invalid_result")


def _failed(message: str, *, code: str = "invalid_query") -> ExecutionError:
    return ExecutionError(message, code=code, retryable=False)
