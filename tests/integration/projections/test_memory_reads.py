"""A store in memory answers as a file does, under either event loop."""

from pathlib import Path

import pytest

from milepost.adapters.store.memory import MemoryStore, open_memory_journal
from milepost.adapters.store.memory_reads import open_memory_reads
from milepost.adapters.store.open_reads import open_reads
from milepost.domain.ids import PlanId
from milepost.engine.journal import Save
from milepost.projections.views import as_json

from .stores import append, finished, store
from .test_large_values import LARGE


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.anyio
async def test_answers_follow_what_is_saved(anyio_backend: str) -> None:
    del anyio_backend
    record = finished("p1", output=LARGE)
    memory = MemoryStore()
    async with open_memory_journal(memory) as journal, open_memory_reads(memory) as reads:
        assert (await reads.plans()).items == ()
        await append(journal, record, record.events[:4])
        assert (await reads.plan("p1")).steps.completed == 1
        assert (await reads.step("p1", "a")).output == LARGE
        await journal.append(Save(PlanId("p1"), record.events[4:], fence=1))
        assert (await reads.plan("p1")).status == "completed"
        assert (await reads.counts()).events == 7


@pytest.mark.anyio
async def test_answers_are_those_of_a_file(path: Path, anyio_backend: str) -> None:
    del anyio_backend
    records = [finished("p1", session="s"), finished("p2", output=LARGE)]
    await store(path, *records)
    memory = MemoryStore()
    async with open_memory_journal(memory) as journal:
        for record in records:
            await append(journal, record)
    async with open_memory_reads(memory) as here, open_reads(path) as there:
        for plan in ("p1", "p2"):
            for ask in ("plan", "steps", "history", "timeline", "report", "execution_history"):
                mine = await getattr(here, ask)(plan)
                assert as_json(mine) == as_json(await getattr(there, ask)(plan))
        assert as_json(await here.plans()) == as_json(await there.plans())
