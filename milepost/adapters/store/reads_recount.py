"""A plan's row as of a past moment: its events up to then, folded by the same row functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.plans import PlanStatus
from milepost.projections.beginning import Beginning
from milepost.projections.codes import PLAN_CODES
from milepost.projections.folding import fold
from milepost.projections.outlines import PlacedLine

from .asking import Answer, Asking, compute, select
from .bodies import address_of
from .kinds import Kinds
from .lines import LINE, outline_of
from .projection_rows import facts_in
from .reads_decoding import APART_IN_LISTS, decode

if TYPE_CHECKING:
    from .reads_plans import Listed

_EVENTS = f"""SELECT {LINE} FROM history AS h
  CROSS JOIN stored_events AS e ON e.rowid = h.position
  WHERE h.plan_no = ? AND h.position <= ? ORDER BY h.position"""  # noqa: S608 - constants
_CONTENTS = """SELECT hash, content_no, steps, loops FROM contents WHERE content_no IN (
  SELECT content_no FROM plans WHERE plan_no = ?1
  UNION SELECT content_no FROM plan_revisions WHERE plan_no = ?1)"""


def recounted(kinds: Kinds, plan: Listed, until: int) -> Asking[Listed]:
    """Return a plan's row as it was at a position."""
    contents = yield from select(_CONTENTS, plan.number)
    prior = Beginning(
        {address_of(key): (number, facts_in(*facts)) for key, number, *facts in contents}
    )
    rows = yield from select(_EVENTS, plan.number, until)
    lines = yield from _lines(kinds, rows)
    folded = yield from compute(lambda: fold(lines, prior), size=len(lines))
    change = folded.plans[plan.number]
    return plan._replace(
        revision=change.revision,
        status=PLAN_CODES[change.status or PlanStatus.READY],
        started=change.started,
        ended=change.ended,
        last=change.last,
        steps=folded.drafts[0].steps + change.steps,
        active=change.active,
        completed=change.completed,
        failed=change.failed,
        skipped=change.skipped,
        cancelled=change.cancelled,
    )


def _lines(kinds: Kinds, rows: Answer) -> Asking[list[PlacedLine]]:
    """Return the rows as lines, decoded only where the row functions need it."""
    lines = {row[0]: outline_of(row) for row in rows}
    full = [row for row in rows if lines[row[0]] is None]
    decoded = yield from decode(kinds, full, apart=APART_IN_LISTS)
    events = dict(decoded.events)
    return [PlacedLine(at, line or events[at]) for at, line in lines.items()]
