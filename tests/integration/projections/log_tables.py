"""A log and its projections in SQLite's memory, written batch by batch as commits write them."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from milepost.adapters.store.asking import DirectAsker
from milepost.adapters.store.bodies import Bodies, key_of
from milepost.adapters.store.codec import Codec
from milepost.adapters.store.connections import add_functions
from milepost.adapters.store.kinds import Kinds
from milepost.adapters.store.projection_rows import write_inline
from milepost.adapters.store.projection_tables import NAMES, TABLES
from milepost.adapters.store.reads import StoreReads
from milepost.adapters.store.rebuild import rebuild
from milepost.adapters.store.schema import LOG
from milepost.domain.values import ContentHash
from milepost.engine.journal import Stored
from milepost.projections.prior import KnownPlan

from .legal_logs import LegalLog

KINDS = Kinds()


class LogTables:
    """Tables of their own."""

    def __init__(self, contents: Mapping[ContentHash, bytes]) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        add_functions(self.connection)
        self._plans: dict[str, KnownPlan] = {}
        for statement in (*LOG, *TABLES):
            self.connection.execute(statement)
        for content, body in contents.items():
            self.connection.execute(
                "INSERT INTO body_data VALUES (?, ?, NULL)", (key_of(content), body)
            )

    def commit(self, batch: Iterable[Stored]) -> None:
        """Add a batch of events and the rows that they make."""
        stored = list(batch)
        codec = Codec(KINDS, lambda content: content.encode())
        for position, event in stored:
            row = codec.encode(event, Bodies())
            self.connection.execute(
                "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", (position, *row)
            )
        write_inline(self.connection, stored, self._plans)

    def rebuild(self) -> None:
        """Make the rows anew from the log."""
        self.connection.execute("BEGIN")
        rebuild(self.connection, KINDS)
        self.connection.execute("COMMIT")

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every projection, sorted."""
        return {
            name: sorted(self.connection.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608
            for name in NAMES
        }

    def dump(self) -> str:
        """Return the file as SQLite's own dump writes it, byte for byte."""
        return "\n".join(self.connection.iterdump())

    def close(self) -> None:
        """Forget everything."""
        self.connection.close()


def reads_over(tables: LogTables) -> StoreReads:
    """Return the queries over tables in memory."""
    asker = DirectAsker(tables.connection, Path("memory"))
    return StoreReads(asker, asker, KINDS)


def filled(log: LegalLog) -> LogTables:
    """Return the tables after all commits of a log."""
    tables = LogTables(log.contents)
    for batch in log.batches:
        tables.commit(batch)
    return tables
