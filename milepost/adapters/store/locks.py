"""Locks between processes that the system frees when their holder dies.

Each lock is one region (a number) of a sidecar file. Where the system has locks of open file
descriptions, a region is one byte of that file; elsewhere it is a file of its own under `flock`.
Both exclude two openings inside one process as well, which plain POSIX record locks do not.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Protocol

TURN, COMMIT = 0, 1
"""Regions: the queue for the next commit, and the commit or checkpoint itself."""
FIRST_OWNER = 1 << 20
"""Regions from here on each stand for one living owner."""

_WOULD_BLOCK = (errno.EAGAIN, errno.EACCES)
_FLOCK = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, process
_MODE = 0o644


class RegionLocks(Protocol):
    """Exclusive locks on the regions of one sidecar file, held by this opening of it."""

    def try_lock(self, region: int) -> bool:
        """Take a region if nobody holds it, without waiting."""

    def lock(self, region: int) -> None:
        """Wait for a region, in the system's order of arrival."""

    def unlock(self, region: int) -> None:
        """Give a region back."""

    def held_elsewhere(self, region: int) -> bool:
        """Tell whether another opening, in this process or any other, holds the region."""

    def close(self) -> None:
        """Give every region back."""


_opened: weakref.WeakSet[ByteLocks | FileLocks] = weakref.WeakSet()


def open_locks(path: Path) -> RegionLocks:
    """Open the sidecar file with the best kind of lock that the system has."""
    locks = ByteLocks(path) if hasattr(fcntl, "F_OFD_SETLK") else FileLocks(path)
    _opened.add(locks)
    return locks


def _leave_to_the_parent() -> None:
    """Close what a fork inherits: it would keep the locks of a parent that died."""
    for locks in _opened:
        locks.close()


os.register_at_fork(after_in_child=_leave_to_the_parent)


class ByteLocks:
    """Regions as bytes of one file, locked by this open file description (Linux)."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)

    def try_lock(self, region: int) -> bool:
        """Take a region if nobody holds it, without waiting."""
        try:
            self._set(fcntl.F_OFD_SETLK, fcntl.F_WRLCK, region)
        except OSError as error:
            if error.errno in _WOULD_BLOCK:
                return False
            raise
        return True

    def lock(self, region: int) -> None:
        """Wait for a region, in the system's order of arrival."""
        self._set(fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, region)

    def unlock(self, region: int) -> None:
        """Give a region back."""
        self._set(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, region)

    def held_elsewhere(self, region: int) -> bool:
        """Ask the kernel; nothing is locked by asking."""
        answer = self._set(fcntl.F_OFD_GETLK, fcntl.F_WRLCK, region)
        return bool(_FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)

    def close(self) -> None:
        """Give every region back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _set(self, command: int, kind: int, region: int) -> bytes:
        return fcntl.fcntl(self._file, command, _FLOCK.pack(kind, os.SEEK_SET, region, 1, 0))


class FileLocks:
    """Regions as files beside `path`, for systems without locks of open file descriptions."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[int, int] = {}
        self._held: set[int] = set()
        path.touch(_MODE)

    def try_lock(self, region: int) -> bool:
        """Take a region if nobody holds it, without waiting."""
        try:
            fcntl.flock(self._opened(region), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._held.add(region)
        return True

    def lock(self, region: int) -> None:
        """Wait for a region, in the system's order of arrival."""
        fcntl.flock(self._opened(region), fcntl.LOCK_EX)
        self._held.add(region)

    def unlock(self, region: int) -> None:
        """Give a region back; an owner's file goes, since no other owner has its name."""
        self._held.discard(region)
        if region >= FIRST_OWNER:
            with suppress(FileNotFoundError):
                self._name(region).unlink()
        fcntl.flock(self._opened(region), fcntl.LOCK_UN)

    def held_elsewhere(self, region: int) -> bool:
        """Try a shared lock for a moment: it is refused only by the holder's exclusive one."""
        if region in self._held:
            return False
        try:
            file = os.open(self._name(region), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def close(self) -> None:
        """Give every region back."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()
        self._held.clear()

    def _opened(self, region: int) -> int:
        if region not in self._files:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._files[region] = os.open(self._name(region), flags, _MODE)
        return self._files[region]

    def _name(self, region: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{region}")
