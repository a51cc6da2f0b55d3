"""Makes the projections anew from the log alone, by the functions that keep them up to date.

Everything happens in one transaction: others read the old rows until the new ones are whole, and
whoever wants to write waits.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from milepost.domain.errors import StoreFormatError
from milepost.domain.values import ContentHash
from milepost.projections.prior import KnownPlan

from .codec import Codec
from .connections import set_busy_timeout
from .inline import ProjectedRows
from .kinds import Kinds
from .limits import StoreLimits
from .lines import LINE, line_of
from .open_reads import connect_to_existing
from .projection_rows import TablePrior, write_inline
from .projection_tables import NAMES, TABLES
from .store_file import StoreFile
from .translation import translated

BATCH = 10_000
_LINES = f"""SELECT {LINE} FROM stored_events AS e
  WHERE e.rowid > ? ORDER BY e.rowid LIMIT ?"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild went through."""

    events: int
    position: int


def rebuild_store(path: Path, *, kinds: Kinds | None = None) -> Rebuilt:
    """Make all rows of a store file anew; it blocks, so call it in a thread.

    Raises `UnknownNameError` for a file that is not there, `StoreError`.
    """
    connect_to_existing(path).close()
    kinds, limits = kinds or Kinds(), StoreLimits()
    file = StoreFile(path, inline=ProjectedRows(), kinds=kinds, limits=limits)
    with closing(file), translated(path), file.writer.exclusive() as connection:
        set_busy_timeout(connection, limits.commits.busy_timeout)
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            return rebuild(connection, kinds)


def rebuild(connection: sqlite3.Connection, kinds: Kinds) -> Rebuilt:
    """Make all rows anew inside the open transaction.

    Raises `StoreFormatError` for an event that cannot be read.
    """
    for name in NAMES:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in TABLES:
        connection.execute(statement)
    return catch_up(connection, kinds, after=0)


def catch_up(connection: sqlite3.Connection, kinds: Kinds, *, after: int) -> Rebuilt:
    """Write the rows of all events after a position inside the open transaction."""
    plans: dict[str, KnownPlan] = {}
    codec = Codec(kinds, _Bodies(TablePrior(connection, plans)))
    events, position = 0, after
    while rows := connection.execute(_LINES, (position, BATCH)).fetchall():
        write_inline(connection, [line_of(codec, row) for row in rows], plans)
        events += len(rows)
        position = rows[-1][0]
    return Rebuilt(events, position)


class _Bodies:
    """Fetches bodies for the codec."""

    def __init__(self, prior: TablePrior) -> None:
        self._prior = prior

    def __call__(self, content: ContentHash) -> bytes:
        body = self._prior.body(content)
        if body is None:
            raise StoreFormatError(f"the body {content} is missing; restore a backup")
        return body
