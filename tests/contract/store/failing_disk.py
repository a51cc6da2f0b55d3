"""A process that goes on saving while its disk fails, and tells what became of each save.

`python -m tests.contract.store.failing_disk FILE`, under `strace` with a fault to inject
"""

import sys
from pathlib import Path

import anyio

from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.limits import CommitLimits, StoreLimits
from milepost.domain.errors import StoreError

from .saves import draft, plan, step

SAVES = 12
ALONE = StoreLimits(commits=CommitLimits(patience=3600.0))
"""However slow the disk is, the loop's own thread makes all commits: its calls are counted."""


async def save(path: Path) -> None:
    """Save step after step; a step that failed is tried once more after reading the plan."""
    async with open_journal(path, limits=ALONE) as journal:
        await journal.append(draft(plan()))
        for number in range(SAVES):
            name = f"s{number}"
            try:
                await journal.append(step(plan(), name))
                print("kept", name, flush=True)  # noqa: T201 - its answer
            except StoreError as error:
                print("failed", name, type(error).__name__, flush=True)  # noqa: T201
                if not await journal.stream_version(f"{plan()}.{name}"):
                    await journal.append(step(plan(), name))
                    print("kept", name, flush=True)  # noqa: T201


if __name__ == "__main__":
    anyio.run(save, Path(sys.argv[1]))
