"""A store file, opened: its locks, its one writer, its readers, and the library's faces on it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from milepost.domain.errors import StoreFormatError

from .event_log import EventLog
from .gate import Gate
from .inline import InlineRows
from .kinds import Kinds
from .limits import StoreLimits
from .locks import open_locks
from .mapper import EventMapper
from .owners import OwnerLock
from .reader import LogReader
from .recorder import LogDatastore, LogRecorder
from .schema import prepare, version_of
from .translation import translated
from .wal import Wal
from .writer import Writer


class StoreFile:
    """All of one opening that is synchronous; opening and closing may wait for others."""

    def __init__(
        self, path: Path, *, inline: InlineRows, kinds: Kinds, limits: StoreLimits
    ) -> None:
        self.path = path.resolve()
        self.inline = inline
        timeout = limits.commits.busy_timeout
        with ExitStack() as undo, translated(self.path):
            _refuse_what_is_no_store(self.path)
            locks = open_locks(self.path.with_name(self.path.name + "-lock"))
            undo.callback(locks.close)
            self.owner = OwnerLock(locks)
            self.writer = Writer(
                self.path,
                Gate(locks),
                Wal(self.path, limits.wal),
                owner=self.owner.name,
                inline=inline,
                busy_timeout=timeout,
            )
            undo.callback(self.writer.close)
            self._prepare()
            self.reader = LogReader(self.path, kinds=kinds, busy_timeout=timeout)
            undo.callback(self.reader.close)
            self.bulk_reader = LogReader(self.path, kinds=kinds, busy_timeout=timeout)
            undo.callback(self.bulk_reader.close)
            datastore = LogDatastore(str(self.path), self.writer, busy_timeout=timeout)
            undo.callback(datastore.close)
            self.recorder = LogRecorder(datastore)
            self._open = undo.pop_all()
        self.codec = self.bulk_reader.codec

    def event_log(self) -> EventLog:
        """Return the library's application over this file."""
        return EventLog(self.recorder, EventMapper(self.codec))

    def close(self) -> None:
        """Close everything, the locks last; calling it again does nothing."""
        with translated(self.path):
            self._open.close()

    def _prepare(self) -> None:
        """Bring the file up to date.

        What a crash left in the write-ahead log is moved into the file first: after a sync that
        failed it may be in the system's cache alone, and must be written anew before anything is
        built upon it.
        """
        self.writer.checkpoint()
        with self.writer.transaction() as connection:
            prepare(connection, self.path)
            self.inline.prepare(connection)
        _sync_folder(self.path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the names of the file and its log durable; SQLite tries to, but minds no failure."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_what_is_no_store(path: Path) -> None:
    if not path.parent.is_dir():
        raise StoreFormatError(f"{path}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise StoreFormatError(f"{path}: a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise StoreFormatError(f"{path}: a device or a pipe, which can hold no store; name a file")
    if path.exists() and path.stat().st_size:
        version_of(path)
