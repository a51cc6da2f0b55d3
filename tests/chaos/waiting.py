"""Waiting for what other processes note."""

import time

from .ledger import Entry, read_ledger
from .processes import PATIENCE
from .scene import Scene


def wait_for(scene: Scene, what: str, number: int, *, patience: float = PATIENCE) -> list[Entry]:
    """Return the ledger's entries of a sort once there are so many; fail if they never come."""
    deadline = time.monotonic() + patience
    while len(found := read_ledger(scene.ledger, what)) < number:
        assert time.monotonic() < deadline, f"there are only {len(found)} of {what!r}, not {number}"
        time.sleep(0.002)
    return found
