"""Whatever is done to the course of plans, all that is stored and read of them stays right."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import milepost
from milepost.adapters.store.bodies import address_of
from milepost.adapters.store.body_rows import body_in
from milepost.adapters.store.check import check_store
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.open_reads import open_reads
from milepost.adapters.store.rebuild import rebuild_store
from milepost.domain.ids import PlanId
from milepost.engine.journal import Stored

from .log_tables import LogTables, reads_over
from .test_as_of import everything
from .travelled import opened, travel

pytestmark = pytest.mark.anyio
SEEDS = range(12)
CHANGES = 9


def dumped(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.iterdump())


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_check_finds_nothing_and_a_rebuild_changes_nothing(path: Path, seed: int) -> None:
    await travel(path, random.Random(seed), changes=CHANGES)  # noqa: S311 - for variety
    assert check_store(path).findings == ()
    live = dumped(path)
    rebuild_store(path)
    assert dumped(path) == live


@pytest.mark.parametrize("seed", SEEDS)
async def test_views_as_of_a_moment_equal_the_fold_of_the_events_up_to_it(
    path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - for variety
    plans = await travel(path, chance, changes=CHANGES)
    events = await stored_events(path, plans)
    asked = {event.position for event in chance.sample(events, min(8, len(events)))}
    with closing(LogTables(bodies_of(path))) as prefix:
        async with open_reads(path) as reads:
            for event in events:
                prefix.commit([event])
                if event.position in asked:
                    then = await everything(reads, plans, event.position)
                    assert then == await everything(reads_over(prefix), plans, None)


@pytest.mark.parametrize("seed", SEEDS)
async def test_exported_plans_come_back_alike_and_replay_alike(path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - for variety
    plans = await travel(path, chance, changes=CHANGES)
    for plan in plans:
        alone = path.with_name(f"{plan}.db")
        lines = await milepost.keep(path).export(plan)
        async with open_journal(alone):
            pass
        await milepost.keep(alone).import_log(lines)
        assert await milepost.keep(alone).export(plan) == lines
        assert check_store(alone).findings == ()
        assert await replayed(alone, plan) == await replayed(path, plan)


async def replayed(path: Path, plan: str) -> tuple[bool, str | None]:
    """Return whether a plan is decided again as it was, and the first event that is not."""
    async with opened(path, random.Random(0)) as store:  # noqa: S311 - no tool is called
        report = await store.replay(plan)
    return report.equal, report.difference.event_id if report.difference else None


async def stored_events(path: Path, plans: list[str]) -> list[Stored]:
    async with open_journal(path) as journal:
        events = [one for plan in plans for one in await journal.plan_events(PlanId(plan))]
    return sorted(events)


def bodies_of(path: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(path)) as connection:
        names = [address_of(key) for (key,) in connection.execute("SELECT hash FROM body_data")]
        return {name: body_in(connection, name) or b"" for name in names}
