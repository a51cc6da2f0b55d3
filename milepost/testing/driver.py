"""The whole engine on a store in memory, for tests: no file, no thread, and time as one likes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from milepost.adapters.store.memory import MemoryStore, open_memory_journal
from milepost.adapters.store.memory_reads import open_memory_reads
from milepost.composition import assembled
from milepost.domain.errors import ValidationError
from milepost.domain.events import Event
from milepost.engine.attempt import Workshop
from milepost.engine.models import Models, NoModels
from milepost.engine.planner import Planner
from milepost.engine.tooling import Tools
from milepost.engine.world import LoopClock, SeededRandomness, World
from milepost.facade import Milepost
from milepost.projections.reader import Reader

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When virtual time begins unless a time is given."""


def virtual_world(seed: int = 0, *, beginning: datetime = BEGINNING) -> World:
    """Return a world whose time is the event loop's, and whose luck is the seed's.

    Raises `ValidationError` for a beginning without a time zone.
    """
    if beginning.tzinfo is None:
        raise ValidationError("a time zone is missing", where="beginning", mend="give UTC")
    return World(LoopClock(beginning), SeededRandomness(seed))


@asynccontextmanager
async def engine(
    tools: Tools,
    *,
    store: MemoryStore | None = None,
    models: Models | None = None,
    planner: Planner | None = None,
    world: World | None = None,
) -> AsyncIterator[Milepost]:
    """Open an engine for the length of a block; leaving it with plans under way is a crash.

    Engines opened on one `store` (give them one `world` too) are like processes that share a
    file: one after the other, or side by side.
    """
    store = store or MemoryStore()
    shop = Workshop(tools, models or NoModels(), world or virtual_world())
    async with open_memory_journal(store) as journal, AsyncExitStack() as readers:

        async def reader() -> Reader:
            return await readers.enter_async_context(open_memory_reads(store))

        async with assembled(journal, reader, shop, planner) as milepost:
            yield milepost


def events_of(store: MemoryStore, plan_id: str) -> list[Event]:
    """Return a plan's events and the requests to it, in the order in which they were stored."""
    return [store.stored(position).event for position in store.positions[plan_id]]
