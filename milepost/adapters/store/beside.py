"""The files that make up a store on disk: its own and those that lie beside it."""

from __future__ import annotations

import os
from pathlib import Path

_ENDINGS = ("", "-wal", "-shm", "-journal", "-lock")


def file_of_store(target: Path, store: Path) -> Path | None:
    """Return the file of the store that `target` is by whatever name or link, None if it is none.

    Raises `OSError` where a file cannot be looked at.
    """
    home, real = Path(os.path.realpath(store)), Path(os.path.realpath(target))
    kept = (home.with_name(home.name + ending) for ending in _ENDINGS)
    return next((file for file in kept if _is_same(real, file)), None)


def _is_same(one: Path, other: Path) -> bool:
    return one == other or (one.exists() and other.exists() and one.samefile(other))
