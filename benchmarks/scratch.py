"""Folders for the stores under test: beside the bench, so on a disk where an fsync costs time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / ".stores"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty folder, and remove it with all that is in it afterwards."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        yield Path(name)
