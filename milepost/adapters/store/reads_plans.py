"""Queries for lists of plans, now or as of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from milepost.domain.errors import UnknownNameError
from milepost.domain.events import (
    Event,
    PlanCancelled,
    PlanCompleted,
    PlanDrafted,
    PlanFailed,
    PlanForked,
)
from milepost.domain.ids import PlanId
from milepost.domain.lifecycles import PLAN_ENDED
from milepost.domain.plans import PlanStatus
from milepost.projections.codes import PLAN_STATUSES
from milepost.projections.plan_views import PlanSummary
from milepost.projections.reader import PlanFilter, StoreCounts
from milepost.projections.views import AsOf, Page

from .asking import Asking, rows_of, select
from .kinds import Kinds
from .plan_query import plan_statement
from .reads_decoding import APART_IN_LISTS, COLUMNS, decode, has_own_time
from .reads_moments import NEWEST, bound, checked, position_at
from .reads_recount import recounted
from .times import microseconds, moment

_NUMBER = "SELECT plan_no FROM plans WHERE id = ?"
_BY_POSITION = f"""SELECT {COLUMNS} FROM json_each(?) AS wanted
  CROSS JOIN stored_events AS e ON e.rowid = wanted.value"""  # noqa: S608 - constants
_COUNTS = "SELECT status, count(*) FROM plans GROUP BY status"
_LAST = "SELECT coalesce(max(rowid), 0) FROM stored_events"


class Listed(NamedTuple):
    """A row of the table of plans."""

    number: int
    id: str
    revision: int
    trace: str | None
    status: int
    started: int | None
    ended: int | None
    last: int
    steps: int
    active: int
    completed: int
    failed: int
    skipped: int
    cancelled: int


def plans(
    kinds: Kinds, plan_filter: PlanFilter, after: str | None, limit: int, as_of: AsOf
) -> Asking[Page[PlanSummary, PlanId]]:
    """Return a page of the plans that a filter lets pass, newest first."""
    limit = checked(limit)
    until = yield from bound(as_of)
    oldest, newest = yield from _range(plan_filter, after)
    statement = plan_statement(
        plan_filter, oldest=oldest, newest=newest, until=until, limit=limit + 1
    )
    rows = yield from rows_of(statement)
    if not rows:
        return Page((), None, min(until, (yield from last_position())))
    listed = [Listed(*row[1:]) for row in rows[:limit]]
    for place, plan in enumerate(listed):
        if plan.last > until:
            listed[place] = yield from recounted(kinds, plan, until)
    events, starts = yield from _events(kinds, listed)
    items = tuple(_summary(plan, events, starts) for plan in listed)
    return Page(items, items[-1].id if len(rows) > limit else None, min(until, rows[0][0]))


def counts() -> Asking[StoreCounts]:
    """Return how many events and plans there are."""
    rows = yield from select(_COUNTS)
    by_status = {PLAN_STATUSES[code]: number for code, number in rows}
    events = yield from last_position()
    return StoreCounts(events, sum(by_status.values()), by_status)


def last_position() -> Asking[int]:
    """Return the newest position, 0 for an empty store."""
    rows = yield from select(_LAST)
    position: int = rows[0][0]
    return position


def _range(plan_filter: PlanFilter, after: str | None) -> Asking[tuple[int, int]]:
    """Return the lowest and the highest number that a plan of the page may have."""
    oldest, newest = 0, NEWEST
    if plan_filter.created_from is not None:
        oldest = 1 + (yield from position_at(microseconds(plan_filter.created_from) - 1))
    if plan_filter.created_until is not None:
        newest = yield from position_at(microseconds(plan_filter.created_until) - 1)
    if after is not None:
        rows = yield from select(_NUMBER, after)
        if not rows:
            raise UnknownNameError(f"there is no plan {after!r} to go on after")
        newest = min(newest, rows[0][0] - 1)
    return oldest, newest


def _events(
    kinds: Kinds, listed: Iterable[Listed]
) -> Asking[tuple[dict[int, Event], dict[int, datetime]]]:
    """Return the drafts and ends of plans by position, and the times of their starts."""
    starts = {plan.started for plan in listed}
    whole = {position for plan in listed for position in (plan.number, plan.ended)}
    positions = sorted(position for position in starts | whole if position is not None)
    rows = yield from select(_BY_POSITION, orjson.dumps(positions).decode())
    times = {row[0]: moment(row[5]) for row in rows if row[0] in starts}
    rows = [row for row in rows if row[0] in whole or _is_read_whole(row)]
    decoded = yield from decode(kinds, rows, apart=APART_IN_LISTS)
    events = dict(decoded.events)
    return events, {at: events[at].timestamp if at in events else times[at] for at in times}


def _is_read_whole(row: tuple[Any, ...]) -> bool:
    """Tell whether more than the time of a plan's start is needed, or that is inside."""
    return row[3] == PlanForked.kind or has_own_time(row[4])


def _summary(
    plan: Listed, events: Mapping[int, Event], starts: Mapping[int, datetime]
) -> PlanSummary:
    draft = events[plan.number]
    start, end = events.get(plan.started or 0), events.get(plan.ended or 0)
    status = PLAN_STATUSES[plan.status]
    if not isinstance(draft, PlanDrafted):
        raise UnknownNameError(f"plan {plan.id}: its draft is not where it should be; run `check`")
    return PlanSummary(
        id=PlanId(plan.id),
        name=draft.name,
        workflow=draft.workflow,
        revision=plan.revision,
        forked_from=start.at if isinstance(start, PlanForked) else None,
        status=status,
        completion=end.completion if isinstance(end, PlanCompleted | PlanFailed) else None,
        reason=end.reason if isinstance(end, PlanCompleted | PlanFailed | PlanCancelled) else None,
        created_at=draft.timestamp,
        started_at=starts.get(plan.started or 0),
        ended_at=end.timestamp if end else None,
        session=draft.session,
        user=draft.user,
        tags=draft.tags,
        steps=plan.steps,
        active=plan.active,
        completed=plan.completed,
        failed=plan.failed,
        skipped=_skipped(plan, status),
        cancelled=plan.cancelled,
        position=plan.last,
    )


def _skipped(plan: Listed, status: PlanStatus) -> int:
    """Return the skipped steps; once the plan has ended, also those that never started."""
    if status in PLAN_ENDED:
        return plan.steps - plan.completed - plan.failed - plan.cancelled
    return plan.skipped
