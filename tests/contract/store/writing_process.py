"""A process that writes a store for a while and prints how many saves it made, and its waits.

`python -m tests.contract.store.writing_process FILE NUMBER START SECONDS`
"""

import json
import sys
import time
from pathlib import Path

import anyio

from milepost.adapters.store.journal import open_journal

from .saves import draft, plan, step


async def write(path: Path, number: int, start: float, seconds: float) -> None:
    """Save from a common start on, and print the number of saves and the longest wait."""
    waits: list[float] = []
    async with open_journal(path) as journal:
        mine = plan(number + 1)
        await journal.append(draft(mine))
        await anyio.sleep(max(start - time.time(), 0))
        while time.time() < start + seconds:
            begun = time.perf_counter()
            await journal.append(step(mine, f"s{len(waits)}"))
            waits.append(time.perf_counter() - begun)
    print(json.dumps({"saves": len(waits), "longest": max(waits)}))  # noqa: T201 - its answer


if __name__ == "__main__":
    anyio.run(write, Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
