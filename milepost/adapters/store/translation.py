"""SQLite's and the library's errors in the words of the domain."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from eventsourcing.persistence import PersistenceError

from milepost.domain.errors import (
    StoreBusyError,
    StoreError,
    StoreFormatError,
    StoreFullError,
    VersionConflictError,
)

_PRIMARY = 0xFF
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_FORMAT = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT}
_UNCERTAIN = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_INTERRUPT}
_CODES: dict[int, int] = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES, errno.EPERM), sqlite3.SQLITE_FULL
    ),
    errno.EIO: sqlite3.SQLITE_IOERR,
}
"""What the system's own errors mean in SQLite's words."""
Meaning: TypeAlias = tuple[type[StoreError], str]
_CANNOT_WRITE: Meaning = (
    StoreFullError,
    "cannot write ({}); free space or make the file and its folder writable, then resume",
)
_LOCKED: Meaning = (
    StoreBusyError,
    "another program keeps the file locked ({}); try again when it is done",
)
_UNREADABLE: Meaning = (
    StoreFormatError,
    "not a readable store ({}); check the path, or restore a backup",
)
_MOVED_ON: Meaning = (
    VersionConflictError,
    "another writer moved a stream on ({}); read it again and decide again",
)
_IN_DOUBT: Meaning = (
    StoreError,
    "the disk failed ({}); nothing was acknowledged, read the plan again to see what is there",
)
_OTHER: Meaning = (StoreError, "{}; check that the folder exists and may be written")
_MEANINGS: dict[int, Meaning] = {
    **dict.fromkeys(_FULL, _CANNOT_WRITE),
    **dict.fromkeys(_BUSY, _LOCKED),
    **dict.fromkeys(_FORMAT, _UNREADABLE),
    **dict.fromkeys(_UNCERTAIN, _IN_DOUBT),
    sqlite3.SQLITE_CONSTRAINT: _MOVED_ON,
}


def primary_code(error: BaseException) -> int:
    """Return SQLite's primary result code of an error, 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


def leaves_doubt(error: sqlite3.Error) -> bool:
    """Tell whether the connection can no longer be trusted and must be opened anew."""
    return primary_code(error) in _UNCERTAIN | _FORMAT


def concerns_all(error: Exception) -> bool:
    """Tell whether the file or the disk is to blame, not what was being written."""
    return primary_code(error) in _FULL | _BUSY | _FORMAT | _UNCERTAIN | {sqlite3.SQLITE_NOMEM}


def store_error(error: BaseException, path: Path) -> StoreError:
    """Return the domain's error for a foreign one; the caller raises it `from` the foreign one."""
    if isinstance(error, StoreError):
        return error
    foreign = _innermost(error)
    code = primary_code(foreign)
    if getattr(foreign, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        code = sqlite3.SQLITE_FULL
    if isinstance(foreign, OSError):
        code = _CODES.get(foreign.errno or 0, code)
    error_type, problem = _MEANINGS.get(code, _OTHER)
    return error_type(f"{path}: {problem.format(foreign)}")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise the domain's error in place of SQLite's, the library's and the system's."""
    try:
        yield
    except (sqlite3.Error, PersistenceError, OSError) as error:
        raise store_error(error, path) from error


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, PersistenceError) and error.__cause__ is not None:
        error = error.__cause__
    return error
