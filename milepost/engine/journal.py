"""The engine's port to the store: save groups of events, read a plan back, own it, be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from milepost.domain.events import Event
from milepost.domain.ids import PlanId
from milepost.domain.values import ContentHash


class Save(NamedTuple):
    """Events that are stored together or not at all, in this order.

    `fence` is the owner's number for `plan`; None for saves that need no owner (requests,
    publishing). With `new`, the plan does not exist yet and this process becomes its owner with
    fence number 1 in the same transaction. With `release`, the owner gives the plan up in the same
    transaction. `contents` are bodies that the events address by hash; `like` names for some of
    them a content that they resemble, so that the store may keep the difference only.
    """

    plan: PlanId
    events: Sequence[Event]
    fence: int | None = None
    new: bool = False
    release: bool = False
    contents: Mapping[ContentHash, bytes] = MappingProxyType({})
    like: Mapping[ContentHash, ContentHash] = MappingProxyType({})


class Stored(NamedTuple):
    """An event with its global, gapless position (from 1, in commit order)."""

    position: int
    event: Event


class Journal(Protocol):
    """What the engine needs of a store. Every method may raise `StoreError`."""

    async def append(self, save: Save) -> int:
        """Store all of the save durably; return the position of its last event.

        A save without events stores nothing: it asks whether the plan is still this owner's.

        Raises `VersionConflictError` if a stream moved on, `FenceError` if the plan has a newer
        owner, `StoreFullError`, `StoreBusyError`: then nothing was kept. After any other
        `StoreError` it is not known whether the save was kept: read the plan again.
        Cancelling the caller does not cancel a save that has begun.
        """
        ...

    async def plan_events(self, plan: PlanId, *, after: int = 0) -> list[Stored]:
        """Return the events of the plan, its steps and its requests, in commit order.

        Only those after a position, if one is given. Their times are those at which they were
        decided, also where others were stored in between and the log gives them a later one.

        The stream of a published workflow can be read in the same way.
        """
        ...

    async def stream_version(self, stream: str) -> int:
        """Return the version of a stream's newest event, 0 if it has none."""
        ...

    async def content(self, content: ContentHash) -> bytes:
        """Return a stored body; raise `UnknownNameError` if there is none."""
        ...

    async def claim(self, plan: PlanId, *, take_over: bool = False) -> int:
        """Make this process the plan's owner; return the new fence number.

        Raises `OwnedElsewhereError` while another living process owns it, unless `take_over`.
        """
        ...

    async def owned_elsewhere(self, plan: PlanId) -> bool:
        """Tell whether another living process owns the plan."""
        ...

    async def release(self, plan: PlanId) -> None:
        """Give the plan up, so that any process may claim it."""
        ...

    async def unfinished(self) -> list[PlanId]:
        """Return the plans that have not ended, oldest first."""
        ...

    async def next_requests(self, after: int) -> list[Stored]:
        """Wait until there are requests to any plan after that position and return them.

        A request made by another process is seen within 50 ms. One that cannot be read is left
        out: whoever reads its plan is told.
        """
        ...

    async def last_position(self) -> int:
        """Return the newest position, 0 for an empty store."""
        ...

    @property
    def owner(self) -> str:
        """Name of this process as an owner, unique among all that ever opened the store."""
        ...
