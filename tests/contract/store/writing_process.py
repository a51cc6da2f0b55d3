"""A process that writes a store until it is told to stop, and prints its saves and its waits.

`python -m tests.contract.store.writing_process FILE NUMBER`: it begins as soon as `start` stands
beside the file, and ends when `stop` does.
"""

import json
import sys
import time
from pathlib import Path

import anyio

from milepost.adapters.store.journal import open_journal

from .saves import draft, plan, step


async def write(path: Path, number: int) -> None:
    """Save from a common start on, and print the number of saves and the longest wait."""
    start, stop = path.with_name("start"), path.with_name("stop")
    waits: list[float] = []
    async with open_journal(path) as journal:
        mine = plan(number + 1)
        await journal.append(draft(mine))
        while not start.exists():
            await anyio.sleep(0.01)
        while not stop.exists():
            begun = time.perf_counter()
            await journal.append(step(mine, f"s{len(waits)}"))
            waits.append(time.perf_counter() - begun)
    print(json.dumps({"saves": len(waits), "longest": max(waits)}))  # noqa: T201 - its answer


if __name__ == "__main__":
    anyio.run(write, Path(sys.argv[1]), int(sys.argv[2]))
