"""The gate of a store file: one commit or checkpoint at a time, over threads and processes.

A process waits for its turn, then for the commit before it, and lets the next one queue while it
commits: whoever just committed stands behind those who waited, so nobody starves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .locks import COMMIT, TURN, RegionLocks


class Gate:
    """Lets one writer through at a time."""

    def __init__(self, locks: RegionLocks) -> None:
        self._locks = locks
        self._threads = threading.Lock()
        self._waiting: set[int] = set()

    def try_enter(self) -> bool:
        """Go through if nobody is inside or waits; never block."""
        if self._waiting or not self._threads.acquire(blocking=False):
            return False
        entered = False
        try:
            entered = not self._locks.held_elsewhere(TURN) and self._locks.try_lock(COMMIT)
        finally:
            if not entered:
                self._threads.release()
        return entered

    def enter(self) -> None:
        """Wait in line and go through."""
        self._waiting.add(threading.get_ident())
        self._threads.acquire()
        self._waiting.discard(threading.get_ident())
        try:
            self._locks.lock(TURN)
            try:
                self._locks.lock(COMMIT)
            finally:
                self._locks.unlock(TURN)
        except BaseException:
            self._threads.release()
            raise

    def leave(self) -> None:
        """Let the next one through."""
        try:
            self._locks.unlock(COMMIT)
        finally:
            self._threads.release()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be inside for a block."""
        self.enter()
        try:
            yield
        finally:
            self.leave()
