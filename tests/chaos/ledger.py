"""A ledger that stands for the outside world: whoever acts in it appends a line and syncs it."""

import json
import os
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Ledger:
    """Lines that outlive the process; every writer opens the file for itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)

    def note(self, what: str, **fields: object) -> None:
        """Append one line, and return when it is on the disk."""
        line = json.dumps({"what": what, "process": os.getpid(), **fields})
        os.write(self._file, line.encode() + b"\n")
        os.fsync(self._file)

    def entries(self, what: str | None = None) -> list[Entry]:
        """Return what was noted so far."""
        return read_ledger(self.path, what)


def read_ledger(path: Path, what: str | None = None) -> list[Entry]:
    """Return the lines of a ledger, of one sort if it is named; none if there is no ledger."""
    return parse_ledger(path.read_bytes(), what) if path.exists() else []


def parse_ledger(text: bytes, what: str | None = None) -> list[Entry]:
    """Return the whole lines of a ledger's text; a last one that was cut off never happened."""
    whole, _newline, _cut = text.rpartition(b"\n")
    entries = [json.loads(line) for line in whole.splitlines()]
    return [entry for entry in entries if what in (None, entry["what"])]
