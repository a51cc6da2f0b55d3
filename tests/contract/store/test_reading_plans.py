"""What reading one plan costs in a store of many."""

from pathlib import Path

import pytest

from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.kinds import Kinds
from milepost.adapters.store.limits import StoreLimits
from milepost.adapters.store.reader import LogReader

from .saves import draft, plan

pytestmark = pytest.mark.anyio
OTHERS = 300


async def test_a_plan_is_read_with_the_same_work_however_many_others_there_are(
    tmp_path: Path, kinds: Kinds, limits: StoreLimits
) -> None:
    path = tmp_path / "plans.db"
    async with open_journal(path, kinds=kinds, limits=limits) as journal:
        await journal.append(draft(plan(1)))
        alone = _work_of_reading(path, kinds)
        for number in range(2, OTHERS):
            await journal.append(draft(plan(number)))
        assert _work_of_reading(path, kinds) == pytest.approx(alone, abs=alone / 2)


def _work_of_reading(path: Path, kinds: Kinds) -> int:
    """Return how many instructions SQLite takes to read the first plan."""
    reader, taken = LogReader(path, kinds=kinds, busy_timeout=5.0), []
    with reader.connection() as connection:
        connection.set_progress_handler(lambda: taken.append(1), 1)
    assert len(reader.plan_events(plan(1))) == len(draft(plan(1)).events)
    reader.close()
    return len(taken)
