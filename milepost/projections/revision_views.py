"""Revisions and checkpoints of a plan, as read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from milepost.domain.checkpoints import checkpoints_of
from milepost.domain.course import revisions_of
from milepost.domain.events import Event
from milepost.domain.values import ContentHash

from .views import Recorded

PositionOf = Callable[[str], int]
"""Returns the position of the event of an id."""


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One revision of a plan, and what made it."""

    number: int
    parent: int | None
    """Number of the revision that it was made from."""
    content: ContentHash
    made_by: str
    """The kind of the event, for example `plan.revised`."""
    event: str
    """Id of that event."""
    position: int
    """Position of that event."""
    author: str
    at: datetime
    trigger: str | None
    strategy: str | None
    equals: int | None
    """Number of the earlier revision that a rollback went back to."""
    evidence: tuple[str, ...]
    """Ids of the events that led to it."""
    why: str
    kept: int
    """How many ended steps kept what had come of them."""
    reset: int
    """How many steps that had moved were pending again."""
    removed: tuple[str, ...]
    """Paths of steps that had moved and that it does not have."""
    workflow: str | None
    """`name@version` of the published workflow that the plan was of."""


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A named moment of a plan."""

    name: str
    at: str
    """Id of the event whose moment it is."""
    position: int
    """Position of that event."""
    snapshot: str | None
    """Hash of the state that is stored beside the name, if one is."""
    author: str
    taken: datetime
    why: str


def revision_views(events: Iterable[Recorded]) -> tuple[RevisionView, ...]:
    """Return the revisions that a plan's own events tell of, the first one first."""
    kept = list(events)
    positions = {recorded.event.id: recorded.position for recorded in kept}
    return tuple(
        RevisionView(position=positions[record.event], **record._asdict())
        for record in revisions_of(recorded.event for recorded in kept)
    )


def checkpoint_views(
    events: Iterable[Event], position_of: PositionOf
) -> tuple[CheckpointView, ...]:
    """Return the checkpoints that a plan has after its events, the first taken first."""
    return tuple(
        CheckpointView(position=position_of(record.at), **record._asdict())
        for record in checkpoints_of(events)
    )
