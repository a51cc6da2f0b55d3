"""Queries for a plan's revisions and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

from milepost.domain.errors import UnknownNameError
from milepost.domain.events import (
    CheckpointForgotten,
    CheckpointTaken,
    PlanDrafted,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
)
from milepost.domain.ids import version_of
from milepost.domain.plans import PlanSpec
from milepost.engine.journal import Stored
from milepost.projections.codes import codes_of
from milepost.projections.revision_views import (
    CheckpointView,
    RevisionView,
    checkpoint_views,
    revision_views,
)
from milepost.projections.views import AsOf

from .asking import Asking, select
from .bodies import address_of
from .kinds import Kinds
from .reads_decoding import APART_IN_LISTS, COLUMNS, decode
from .reads_events import plan_position
from .reads_moments import NEWEST, bound
from .reads_story import Stories

_OF_REVISIONS = codes_of(
    event.kind for event in (PlanDrafted, PlanRevised, PlanRolledBack, PlanRestored, PlanRecovered)
)
_OF_CHECKPOINTS = codes_of(event.kind for event in (CheckpointTaken, CheckpointForgotten))
_EVENTS = f"""SELECT {COLUMNS} FROM plans AS p
  CROSS JOIN history AS h ON h.plan_no = p.plan_no AND h.position <= ? AND h.kind IN ({{kinds}})
  CROSS JOIN stored_events AS e ON e.rowid = h.position
  WHERE p.id = ? ORDER BY h.position"""  # noqa: S608 - constants
_POSITION = "SELECT rowid FROM stored_events WHERE originator_id = ? AND originator_version = ?"
_CONTENT = """SELECT c.hash FROM plans AS p
  LEFT JOIN plan_revisions AS r ON r.plan_no = p.plan_no AND r.number = ?1
  CROSS JOIN contents AS c ON c.content_no = coalesce(r.content_no, p.content_no)
  WHERE p.id = ?2 AND coalesce(?1, 1) BETWEEN 1 AND p.revision"""
_NEWEST = "SELECT revision FROM plans WHERE id = ?"


def revisions(kinds: Kinds, plan: str, as_of: AsOf) -> Asking[tuple[RevisionView, ...]]:
    """Return a plan's revisions, the first one first."""
    return revision_views((yield from _events(kinds, plan, as_of, _OF_REVISIONS)))


def checkpoints(kinds: Kinds, plan: str, as_of: AsOf) -> Asking[tuple[CheckpointView, ...]]:
    """Return the checkpoints that a plan has, the first taken first."""
    stored = yield from _events(kinds, plan, as_of, _OF_CHECKPOINTS)
    events = [event for _position, event in stored]
    positions: dict[str, int] = {}
    for event in events:
        if isinstance(event, CheckpointTaken):
            stream, version = event.at.rpartition("#")[0], version_of(event.at)
            rows = yield from select(_POSITION, stream, version)
            positions[event.at] = rows[0][0] if rows else 0
    return checkpoint_views(events, positions.__getitem__)


def revision_content(stories: Stories, plan: str, number: int | None) -> Asking[PlanSpec]:
    """Return a plan's content at a revision, None for the one that holds.

    Raises `UnknownNameError` if the plan has none such.
    """
    may_be = number is None or 0 < number <= NEWEST
    rows = (yield from select(_CONTENT, number, plan)) if may_be else []
    if not rows:
        yield from plan_position(plan, NEWEST)
        newest = (yield from select(_NEWEST, plan))[0][0]
        raise UnknownNameError(
            f"plan {plan}: there is no revision {number}; there are 1 to {newest}"
        )
    return (yield from stories.spec(address_of(rows[0][0])))


def _events(
    kinds: Kinds, plan: str, as_of: AsOf, codes: frozenset[int]
) -> Asking[Sequence[Stored]]:
    """Return a plan's events of some kinds up to a moment."""
    until = yield from plan_position(plan, (yield from bound(as_of)))
    statement = _EVENTS.format(kinds=", ".join(map(str, sorted(codes))))
    rows = yield from select(statement, until, plan)
    return (yield from decode(kinds, rows, apart=APART_IN_LISTS)).events
