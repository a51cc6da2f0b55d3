"""Many rows in few statements.

The interpreter's lock is given up at every statement, and `executemany` is one a row: with a tool
that computes in another thread, each row would wait for it. Rows by powers of two in one
statement cost about as much when nothing computes, and a tenth when something does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache

_MOST = 64


def insert_many(
    connection: sqlite3.Connection, into: str, rows: Sequence[Sequence[object]], tail: str = ""
) -> None:
    """Insert rows of one width; `into` and `tail` are the statement before and after `VALUES`."""
    written = 0
    while written < len(rows):
        number = min(_MOST, 1 << (len(rows) - written).bit_length() - 1)
        some = rows[written : written + number]
        values = [value for row in some for value in row]
        connection.execute(_statement(into, tail, len(rows[0]), number), values)
        written += number


@cache
def _statement(into: str, tail: str, width: int, number: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{into} VALUES {', '.join([row] * number)} {tail}"
