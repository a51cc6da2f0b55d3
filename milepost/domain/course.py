"""The course that a plan took: its revisions, as its own events tell them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from .errors import UnknownNameError
from .events import (
    Event,
    PlanDrafted,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
)
from .values import ContentHash

_MAKES_REVISION = PlanRevised | PlanRolledBack | PlanRestored | PlanRecovered


class RevisionRecord(NamedTuple):
    """One revision of a plan; `made_by` says what made it."""

    number: int
    parent: int | None
    content: ContentHash
    made_by: str
    """The kind of the event, for example `plan.revised`."""
    event: str
    """Id of that event."""
    author: str
    at: datetime
    trigger: str | None
    strategy: str | None
    equals: int | None
    """Number of the earlier revision that a rollback went back to."""
    evidence: tuple[str, ...]
    why: str
    kept: int
    reset: int
    removed: tuple[str, ...]
    workflow: str | None = None
    """`name@version` of the published workflow that the plan is of."""


def revisions_of(events: Iterable[Event]) -> list[RevisionRecord]:
    """Return a plan's revisions, the first one first."""
    found: list[RevisionRecord] = []
    for event in events:
        if isinstance(event, PlanDrafted):
            found.append(_draft(event))
        elif isinstance(event, _MAKES_REVISION) and event.number > found[-1].number:
            found.append(_revision(event, found[-1].workflow))
    return found


def revision(events: Iterable[Event], number: int) -> RevisionRecord:
    """Return one revision; raise `UnknownNameError` if the plan does not have it."""
    known = revisions_of(events)
    if not 1 <= number <= len(known):
        raise UnknownNameError(f"there is no revision {number}; there are 1 to {len(known)}")
    return known[number - 1]


def workflow_at(events: Iterable[Event], number: int) -> str | None:
    """Return the published workflow that a plan was of at a revision, None if it was of none."""
    until = [one for one in revisions_of(events) if one.number <= number]
    return until[-1].workflow if until else None


def other_workflow(before: str | None, after: str | None) -> str | None:
    """Return what the event of a revision says of its workflow: None if that is as before."""
    return None if before == after else after or ""


def content_of(events: Iterable[Event]) -> ContentHash:
    """Return the content that holds after the events; raise `UnknownNameError` without any."""
    content: ContentHash | None = None
    for event in events:
        if isinstance(event, PlanDrafted | _MAKES_REVISION):
            content = ContentHash(event.content)
    if content is None:
        raise UnknownNameError("there is no such plan")
    return content


def contents_of(events: Iterable[Event]) -> list[ContentHash]:
    """Return all contents that a plan had or was asked to have, the first one first."""
    found: dict[ContentHash, None] = {}
    for event in events:
        if isinstance(event, PlanDrafted | _MAKES_REVISION):
            found[ContentHash(event.content)] = None
    return list(found)


def _draft(event: PlanDrafted) -> RevisionRecord:
    return RevisionRecord(
        number=1,
        parent=None,
        content=ContentHash(event.content),
        made_by="plan.drafted",
        event=event.id,
        author=event.actor,
        at=event.timestamp,
        trigger=None,
        strategy=None,
        equals=None,
        evidence=(),
        why="",
        kept=0,
        reset=0,
        removed=(),
        workflow=event.workflow,
    )


def _revision(
    event: PlanRevised | PlanRolledBack | PlanRestored | PlanRecovered, workflow: str | None
) -> RevisionRecord:
    """Return the revision that an event makes of one of that workflow."""
    revised = event if isinstance(event, PlanRevised) else None
    return RevisionRecord(
        number=event.number,
        parent=event.parent,
        content=ContentHash(event.content),
        made_by=event.kind.rpartition(".")[0],
        event=event.id,
        author=event.actor,
        at=event.timestamp,
        trigger=revised.trigger if revised else "user",
        strategy=revised.strategy if revised else None,
        equals=event.to if isinstance(event, PlanRolledBack) else None,
        evidence=revised.evidence if revised else (event.cause,),
        why=event.why if isinstance(event, PlanRevised) else event.reason,
        kept=event.kept,
        reset=event.reset,
        removed=event.removed,
        workflow=workflow if event.workflow is None else event.workflow or None,
    )
