"""A ledger outside every system under test: which step ran when, in which process.

The tool of W5 writes one line per call and fsyncs it before it goes on, and kills its own process
with SIGKILL in the call that it is told to. The parent reads the ledger, never the systems' word.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

LEDGER_VARIABLE: Final = "BENCH_LEDGER"
KILL_VARIABLE: Final = "BENCH_KILL_AT"


@dataclass(frozen=True, slots=True)
class Entry:
    """One call of the tool; `at` is the monotonic clock, which all processes share."""

    step: int
    process: int
    at: float


def record_call(step: int) -> None:
    """Write down that the tool of `step` (from 1) was called; die here when told to.

    Does nothing when no ledger is named, so that one tool serves every workload.
    """
    path = os.environ.get(LEDGER_VARIABLE)
    if path is None:
        return
    line = json.dumps({"step": step, "process": os.getpid(), "at": time.monotonic()})
    descriptor = _open(path)
    os.write(descriptor, line.encode() + b"\n")
    os.fsync(descriptor)
    if str(step) == os.environ.get(KILL_VARIABLE):
        os.kill(os.getpid(), signal.SIGKILL)


def read_entries(path: Path) -> list[Entry]:
    """Return all calls in the order in which they were made."""
    return [Entry(**json.loads(line)) for line in path.read_text().splitlines()]


@cache
def _open(path: str) -> int:
    return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
