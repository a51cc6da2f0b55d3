"""A store in memory: the same answers as a file's, without threads, files or waiting.

It runs under any event loop and any clock. What several openings of a file share, journals over
one `MemoryStore` share.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import checkpoint

from milepost.domain.errors import StoreError, UnknownNameError
from milepost.domain.events import Event
from milepost.domain.ids import PlanId, plan_of
from milepost.domain.values import ContentHash
from milepost.engine.journal import Save, Stored

from .bodies import Bodies
from .codec import Codec, Row, as_of
from .event_log import EventLog
from .kinds import Kinds
from .mapper import EventMapper
from .memory_recorder import MemoryRecorder
from .timed import TimedEvent
from .unfinished import unfinished_plans
from .work import Claim, Owned, Release, Work, save_work


class MemoryStore:
    """What journals over one memory share: the log, the owners, the bodies."""

    def __init__(self, kinds: Kinds | None = None) -> None:
        self.recorder = MemoryRecorder()
        self.codec = Codec(kinds or Kinds(), self.body)
        self.owners: dict[str, Owned] = {}
        self.living: set[str] = set()
        self.versions: dict[str, int] = {}
        self.bodies = Bodies()
        self.time = 0
        self.positions: dict[str, list[int]] = defaultdict(list)
        self.requests: list[int] = []
        self.opened = 0
        self._requested: set[anyio.Event] = set()

    def body(self, content: ContentHash) -> bytes:
        """Return a body; raise `UnknownNameError` if there is none."""
        try:
            return self.bodies.contents[content]
        except KeyError:
            raise UnknownNameError(f"nothing is stored under {content}") from None

    def stored(self, position: int) -> Stored:
        """Return the event at a position, decoded."""
        event = self.recorder.at(position)
        stream, version = str(event.originator_id), event.originator_version
        row = Row(stream, version, event.topic, event.state, event.time)
        return Stored(position, self.codec.decode(row))

    def decided(self, position: int) -> Stored:
        """Return the same event with the time at which it was decided."""
        return Stored(position, self.stored(position).event.as_decided())

    def add(self, row: Row, event: Event) -> int:
        """Add an event to the log and return its position."""
        if row.time < self.time:
            row, _event = as_of(row, event, self.time)
        self.time = row.time
        self.recorder.insert_events([TimedEvent(*row)])
        position = self.recorder.max_notification_id() or 0
        self.positions[plan_of(row.stream)].append(position)
        if row.kind.startswith("request."):
            self.requests.append(position)
            self._call()
        return position

    async def wait_for_request(self) -> None:
        """Wait until a request is added."""
        event = anyio.Event()
        self._requested.add(event)
        try:
            await event.wait()
        finally:
            self._requested.discard(event)

    def _call(self) -> None:
        for event in self._requested:
            event.set()


class MemoryTransaction:
    """Does what work asks for at once: no work changes anything after it can be refused."""

    def __init__(self, store: MemoryStore, owner: str) -> None:
        self.owner = owner
        self._store = store

    def owner_of(self, plan: str) -> Owned | None:
        """Return who owns the plan, None if nobody ever did."""
        return self._store.owners.get(plan)

    def own(self, plan: str, owner: str, *, fence: int) -> None:
        """Make somebody the plan's owner."""
        self._store.owners[plan] = Owned(owner, fence)

    def version_of(self, stream: str, expected: int) -> int:  # noqa: ARG002 - it always knows
        """Return the stream's version."""
        return self._store.versions.get(stream, 0)

    def move_on(self, versions: Mapping[str, int]) -> None:
        """Note the streams' new versions."""
        self._store.versions.update(versions)

    def add_bodies(self, bodies: Bodies) -> None:
        """Count the references and keep the bodies that are new."""
        self._store.bodies.merge(bodies)

    def add_events(self, rows: Sequence[Row], events: Sequence[Event]) -> int:
        """Add the events to the log; return its last position."""
        for row, event in zip(rows, events, strict=True):
            self._store.add(row, event)
        return self._store.recorder.max_notification_id() or 0


@asynccontextmanager
async def open_memory_journal(store: MemoryStore) -> AsyncIterator[MemoryJournal]:
    """Open a journal over a memory for the length of a block."""
    journal = MemoryJournal(store)
    try:
        yield journal
    finally:
        await journal.close()


class MemoryJournal:
    """The engine's journal over a memory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        store.opened += 1
        self._transaction = MemoryTransaction(store, f"memory-{store.opened}")
        store.living.add(self.owner)

    @property
    def owner(self) -> str:
        """Name of this opening as an owner."""
        return self._transaction.owner

    def event_log(self) -> EventLog:
        """Return the library's faces on this store: repository, notification log, subscriptions."""
        return EventLog(self._store.recorder, EventMapper(self._store.codec))

    async def append(self, save: Save) -> int:
        """Store all of the save; return the position of its last event."""
        return await self._carry_out(save_work(save, self._store.codec))

    async def plan_events(self, plan: PlanId, *, after: int = 0) -> list[Stored]:
        """Return the events of the plan, its steps and its requests, in commit order."""
        await checkpoint()
        positions = self._store.positions.get(plan, [])
        return [self._store.decided(at) for at in positions[bisect_right(positions, after) :]]

    async def stream_version(self, stream: str) -> int:
        """Return the version of a stream's newest event, 0 if it has none."""
        return self._store.versions.get(stream, 0)

    async def content(self, content: ContentHash) -> bytes:
        """Return a stored body; raise `UnknownNameError` if there is none."""
        return self._store.body(content)

    async def claim(self, plan: PlanId, *, take_over: bool = False) -> int:
        """Make this opening the plan's owner; return the new fence number."""
        is_alive = self._store.living.__contains__
        return await self._carry_out(Claim(plan, take_over, is_alive))

    async def owned_elsewhere(self, plan: PlanId) -> bool:
        """Tell whether another living opening owns the plan."""
        owned = self._store.owners.get(plan)
        return owned is not None and owned.owner in self._store.living - {self.owner}

    async def release(self, plan: PlanId) -> None:
        """Give the plan up, so that any opening may claim it."""
        await self._carry_out(Release(plan))

    async def unfinished(self) -> list[PlanId]:
        """Return the plans that have not ended, oldest first."""
        await checkpoint()
        every = (self._store.stored(at) for at in range(1, await self.last_position() + 1))
        return unfinished_plans(one for one in every if one.event.kind.startswith("plan."))

    async def next_requests(self, after: int) -> list[Stored]:
        """Wait until there are requests to any plan after that position and return them."""
        while not (found := [at for at in self._store.requests if at > after]):
            await self._store.wait_for_request()
        return [self._store.decided(at) for at in found]

    async def last_position(self) -> int:
        """Return the newest position, 0 for an empty store."""
        return self._store.recorder.max_notification_id() or 0

    async def close(self) -> None:
        """Be an owner no longer; calling it again does nothing."""
        self._store.living.discard(self.owner)

    async def _carry_out(self, work: Work) -> int:
        if self.owner not in self._store.living:
            raise StoreError("the store is closed; open it again to save")
        number = work.admit(self._transaction)
        await checkpoint()
        return number
