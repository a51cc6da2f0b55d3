"""Fills a peer's SQLite file for W4: rows of plans that really ran, copied under new ids.

Running 45,000 plans through a peer takes up to half an hour. The rows that it would write differ
from the copies in the ids only; what is measured after it goes through the peer's own interface.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

TEMPLATES: Final = 50
"""Plans that really run before the copying starts."""


def new_ids(count: int) -> list[str]:
    """Return random ids in sorted order, so that filling the file is quick."""
    return sorted(str(uuid.uuid4()) for _ in range(count))


def copy_rows(
    path: Path, *, tables: Sequence[str], key: str, templates: Sequence[str], ids: Sequence[str]
) -> None:
    """Copy the rows of `templates` in turn to every id of `ids`, then empty the log."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-200000")
        pairs = [(each, templates[at % len(templates)]) for at, each in enumerate(ids)]
        for table in tables:
            connection.executemany(_statement(connection, table, key), pairs)
            connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def count_rows(path: Path, tables: Sequence[str]) -> int:
    """Return how many rows `tables` hold together."""
    with closing(sqlite3.connect(path)) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {each}") for each in tables]
        return sum(int(cursor.fetchone()[0]) for cursor in counts)


def _statement(connection: sqlite3.Connection, table: str, key: str) -> str:
    rows = connection.execute(f"SELECT name FROM pragma_table_info('{table}')")
    columns = [f'"{name}"' for (name,) in rows]
    chosen = ["?" if each == f'"{key}"' else each for each in columns]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(chosen)} FROM {table} WHERE {key} = ?"
    )
