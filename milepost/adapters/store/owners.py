"""Owners of plans: each opening of a store is one, and lives as long as it holds its lock."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket

from .locks import FIRST_OWNER, RegionLocks

_RANDOM_BYTES = 6
_REGION_BYTES = 7


class OwnerLock:
    """The name of one opening, and the lock by which others see that it lives."""

    def __init__(self, locks: RegionLocks) -> None:
        self._locks = locks
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(_RANDOM_BYTES)}"
        locks.lock(_region(self.name))

    def is_alive(self, owner: str) -> bool:
        """Tell whether the opening of that name still has its lock."""
        return owner == self.name or self._locks.held_elsewhere(_region(owner))

    def release(self) -> None:
        """Be an owner no longer."""
        self._locks.unlock(_region(self.name))


def _region(owner: str) -> int:
    digest = hashlib.sha256(owner.encode()).digest()
    return FIRST_OWNER + int.from_bytes(digest[:_REGION_BYTES])
