"""The checkpoints that a plan has, as its events tell them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from .events import CheckpointForgotten, CheckpointTaken, Event


class CheckpointRecord(NamedTuple):
    """A named moment of a plan."""

    name: str
    at: str
    """Id of the event whose moment it is."""
    snapshot: str | None
    """Hash of the state that is stored beside the name, if one is."""
    author: str
    taken: datetime
    why: str


def checkpoints_of(events: Iterable[Event]) -> list[CheckpointRecord]:
    """Return the checkpoints that a plan has after its events, the first taken first."""
    found: dict[str, CheckpointRecord] = {}
    for event in events:
        if isinstance(event, CheckpointTaken):
            found[event.name] = CheckpointRecord(
                name=event.name,
                at=event.at,
                snapshot=event.snapshot,
                author=event.actor,
                taken=event.timestamp,
                why=event.why,
            )
        elif isinstance(event, CheckpointForgotten):
            found.pop(event.name, None)
    return list(found.values())
