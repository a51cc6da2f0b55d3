"""The engine's journal over a store file."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread

from milepost.domain.errors import StoreBusyError
from milepost.domain.ids import PlanId
from milepost.domain.values import ContentHash
from milepost.engine.journal import Save, Stored

from .committer import Committer
from .detached import run_detached
from .event_log import EventLog
from .inline import InlineRows, ProjectedRows
from .kinds import Kinds
from .limits import StoreLimits
from .store_file import StoreFile
from .turns import current_turns
from .work import Claim, Release, SaveWork, Work, save_work

T = TypeVar("T")
POLL = 0.04
"""Seconds between two looks for what other processes committed."""


@asynccontextmanager
async def open_journal(
    path: Path,
    *,
    inline: InlineRows | None = None,
    kinds: Kinds | None = None,
    limits: StoreLimits | None = None,
) -> AsyncIterator[SqliteJournal]:
    """Open a store file, or make it, for the length of a block.

    Raises `StoreFormatError` for what is no store, `StoreBusyError` if others keep it locked.
    """
    limits = limits or StoreLimits()
    make = partial(
        StoreFile, path, inline=inline or ProjectedRows(), kinds=kinds or Kinds(), limits=limits
    )
    journal = SqliteJournal(await _opened(make, limits.commits.busy_timeout, path), limits)
    try:
        yield journal
    finally:
        await journal.close()


class SqliteJournal:
    """Saves through the committer; reads what the engine needs on connections of its own."""

    def __init__(self, file: StoreFile, limits: StoreLimits) -> None:
        self._file = file
        self._limits = limits
        self._requested = anyio.Event()
        self._readers = anyio.CapacityLimiter(1)  # tools may have taken all common threads
        self._committer = Committer(
            file.writer,
            current_turns(),
            limits=limits.commits,
            after_commit=self._after_commit,
        )

    @property
    def owner(self) -> str:
        """Name of this opening as an owner."""
        return self._file.owner.name

    @property
    def path(self) -> Path:
        """The store file."""
        return self._file.path

    def event_log(self) -> EventLog:
        """Return the library's faces on this store: repository, notification log, subscriptions."""
        return self._file.event_log()

    async def append(self, save: Save) -> int:
        """Store all of the save durably; return the position of its last event."""
        return await self._committer.carry_out(self._work(save))

    async def plan_events(self, plan: PlanId, *, after: int = 0) -> list[Stored]:
        """Return the events of the plan, its steps and its requests, in commit order."""
        return await self._read(partial(self._file.bulk_reader.plan_events, plan, after))

    async def stream_version(self, stream: str) -> int:
        """Return the version of a stream's newest event, 0 if it has none."""
        return self._file.reader.stream_version(stream)

    async def content(self, content: ContentHash) -> bytes:
        """Return a stored body; raise `UnknownNameError` if there is none."""
        return await self._read(partial(self._file.bulk_reader.body, content))

    async def claim(self, plan: PlanId, *, take_over: bool = False) -> int:
        """Make this opening the plan's owner; return the new fence number."""
        return await self._committer.carry_out(Claim(plan, take_over, self._file.owner.is_alive))

    async def owned_elsewhere(self, plan: PlanId) -> bool:
        """Tell whether another living process owns the plan."""
        owner = self._file.reader.owner_of(plan)
        is_ours = not owner or owner == self.owner
        return not is_ours and self._file.owner.is_alive(str(owner))

    async def release(self, plan: PlanId) -> None:
        """Give the plan up with the next commit, or some milliseconds from now."""
        self._committer.carry_out_later(Release(plan))

    async def unfinished(self) -> list[PlanId]:
        """Return the plans that have not ended, oldest first."""
        return await self._read(self._unfinished)

    async def next_requests(self, after: int) -> list[Stored]:
        """Wait until there are requests to any plan after that position and return them."""
        reader = self._file.reader
        while True:
            requested, version = self._requested, reader.data_version()
            if found := reader.requests(after):
                return found
            while not requested.is_set() and reader.data_version() == version:
                with anyio.move_on_after(POLL):
                    await requested.wait()

    async def last_position(self) -> int:
        """Return the newest position, 0 for an empty store."""
        return self._file.reader.last_position()

    async def close(self) -> None:
        """Commit what is queued and close the file; calling it again does nothing."""
        with anyio.CancelScope(shield=True):
            await self._committer.close()
            with anyio.move_on_after(self._limits.commits.busy_timeout):
                await run_detached(self._file.close)

    def _work(self, save: Save) -> SaveWork:
        return save_work(save, self._file.codec, self._file.reader.known)

    async def _read(self, query: Callable[[], T]) -> T:
        return await to_thread.run_sync(query, limiter=self._readers)

    def _after_commit(self, works: Sequence[Work]) -> None:
        self._file.recorder.listeners.call()
        if any(isinstance(work, SaveWork) and work.is_request for work in works):
            self._requested.set()
            self._requested = anyio.Event()

    def _unfinished(self) -> list[PlanId]:
        with self._file.bulk_reader.connection() as connection:
            return self._file.inline.unfinished(connection)


async def _opened(make: partial[StoreFile], patience: float, path: Path) -> StoreFile:
    """Open in a thread, since it may wait for others; close what comes when nobody waits."""
    delivery = _Delivery(make)
    try:
        with anyio.fail_after(patience):
            await run_detached(delivery.bring)
            return delivery.take()
    except TimeoutError as error:
        raise StoreBusyError(
            f"{path}: another process keeps the store locked for {patience:g} s; try again"
        ) from error
    finally:
        with anyio.CancelScope(shield=True), anyio.move_on_after(patience):
            await delivery.refuse()


class _Delivery:
    """A file on its way from the thread that opens it; the last to touch it closes it."""

    def __init__(self, make: partial[StoreFile]) -> None:
        self._make = make
        self._refused = threading.Event()
        self._brought: deque[StoreFile] = deque()

    def bring(self) -> None:
        """Open the file, and close it if it is refused already."""
        self._brought.append(self._make())
        if self._refused.is_set():
            self._close()

    def take(self) -> StoreFile:
        """Return the file that was brought; nobody else closes it then."""
        return self._brought.popleft()

    async def refuse(self) -> None:
        """Close what was not taken, now or when it comes."""
        self._refused.set()
        if self._brought:
            await run_detached(self._close)

    def _close(self) -> None:
        try:
            file = self._brought.popleft()
        except IndexError:  # the other thread was quicker
            return
        file.close()
