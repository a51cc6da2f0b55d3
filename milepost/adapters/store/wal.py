"""The write-ahead log of a store file: when to move it into the file, and how long it is.

SQLite's own automatic checkpoint is off, because it would run in the middle of a commit. The
number of pages since the last checkpoint is estimated: SQLite tells it only to those who hook it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from .connections import PAGE
from .limits import WalLimits

_COMMITS_BEFORE_RESERVING = 16
_PAGES_OF_A_COMMIT = 3
_PAGES_OF_A_PLAN = 3
_GROWTH = 3
"""A row is three times as long as a small state alone."""


class Wal:
    """Counts what is written, and knows what is due. Use it inside the gate only."""

    def __init__(self, store: Path, limits: WalLimits) -> None:
        self._path = store.with_name(store.name + "-wal")
        self._limits = limits
        self._pages = 0.0
        self._commits = 0
        self._least = limits.least_pages
        self._all_commits = 0
        self._reserved = False

    def note(self, *, plans: int, size: int) -> None:
        """Count one commit, which saved so many bytes for so many plans."""
        self._pages += _PAGES_OF_A_COMMIT + _PAGES_OF_A_PLAN * plans + _GROWTH * size / PAGE
        self._commits += 1
        self._all_commits += 1

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether the log should be moved into the file."""
        if self._pages < self._least:
            return False
        wanted = self._pages / self._commits * self._limits.commits
        return self._pages >= min(max(wanted, self._least), self._limits.most_pages)

    @property
    def reserving_is_due(self) -> bool:
        """Whether this process writes so much that a longer log file pays."""
        return not self._reserved and self._all_commits >= _COMMITS_BEFORE_RESERVING

    def checkpoint(self, connection: sqlite3.Connection) -> None:
        """Move what no reader needs into the file; cut the log if it grew too long."""
        _busy, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        left = pages - moved
        if not left and self._size() > self._limits.most_bytes:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._reserved = False
        self._pages, self._commits = 0.0, 0
        self._least = self._limits.least_pages if not left else self._limits.least_pages // 4

    def reserve(self) -> None:
        """Make the log file longer with zeros, which SQLite takes for the end of the log.

        Hold SQLite's lock for writing, so that no program adds to the log meanwhile.
        They are written, not just promised, so that a commit need not change the file's length.
        A full disk is no reason to fail here: the log then grows as it must.
        """
        self._reserved = True
        with suppress(OSError):
            file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                size = os.fstat(file).st_size
                if size < self._limits.reserved:
                    os.pwrite(file, bytes(self._limits.reserved - size), size)
            finally:
                os.close(file)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0
