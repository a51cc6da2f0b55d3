"""What a run is measured by: time, memory, bytes on disk, durability in force."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

Key = TypeVar("Key")

MINIMUM_READS: Final = 5
MEGABYTE: Final = 1024 * 1024
_SYNCHRONOUS: Final = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


@dataclass(slots=True)
class Stopwatch:
    """Seconds of wall clock and of this process's processor time that a block took."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time the block; read the result after it."""
    watch = Stopwatch()
    cpu, start = time.process_time(), time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - start
    watch.cpu_seconds = time.process_time() - cpu


@dataclass(slots=True)
class Latencies:
    """Seconds of single reads."""

    seconds: list[float] = field(default_factory=list)

    def milliseconds(self, share: float) -> float:
        """Return the percentile `share` (0 to 1) by nearest rank."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def is_enough(self, budget: float) -> bool:
        """Tell whether the reads so far used up `budget` seconds, and are not too few."""
        return len(self.seconds) >= MINIMUM_READS and sum(self.seconds) > budget


def time_each(
    read: Callable[[Key], object], keys: Sequence[Key], *, budget: float = 20.0
) -> Latencies:
    """Time `read` of each key, until `budget` seconds are used up."""
    taken = Latencies()
    for key in keys:
        start = time.perf_counter()
        read(key)
        taken.seconds.append(time.perf_counter() - start)
        if taken.is_enough(budget):
            break
    return taken


async def time_each_awaited(
    read: Callable[[Key], Awaitable[object]], keys: Sequence[Key], *, budget: float = 20.0
) -> Latencies:
    """Time `read` of each key, awaited, until `budget` seconds are used up."""
    taken = Latencies()
    for key in keys:
        start = time.perf_counter()
        await read(key)
        taken.seconds.append(time.perf_counter() - start)
        if taken.is_enough(budget):
            break
    return taken


def peak_memory_mb() -> float:
    """Return the largest resident size of this process so far.

    Read from `VmHWM`, because `ru_maxrss` of a child starts at its parent's size.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEGABYTE if sys.platform == "darwin" else peak / 1024


def disk_bytes(folder: Path) -> int:
    """Return the bytes of all files in `folder`, write-ahead log included, `-shm` (memory) not."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if not path.name.endswith("-shm"))


def durability(journal_mode: object, synchronous: object) -> str:
    """Say what two pragmas, read back from a connection that writes, mean."""
    level = _SYNCHRONOUS.get(int(str(synchronous)), str(synchronous))
    return f"journal {str(journal_mode).upper()}, synchronous {level}"


def sync_milliseconds(folder: Path, *, times: int = 200) -> Latencies:
    """Time an fdatasync of a 4 KiB append: the floor under every durable step."""
    path = folder / "probe"
    block = b"\0" * 4096
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        return time_each(lambda _: _append(descriptor, block), range(times))
    finally:
        os.close(descriptor)
        path.unlink()


def _append(descriptor: int, block: bytes) -> None:
    os.write(descriptor, block)
    getattr(os, "fdatasync", os.fsync)(descriptor)
