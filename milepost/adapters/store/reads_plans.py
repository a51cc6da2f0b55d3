"""Queries for lists of plans, now or as of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
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
    PlanPaused,
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
from .reads_turns import Began, Turns, turns
from .times import microseconds, moment

_NUMBER = "SELECT plan_no FROM plans WHERE id = ?"
_BEGINNING_SO = """SELECT id FROM plans WHERE id >= ?1 AND id < ?1 || char(1114111)
  ORDER BY id LIMIT ?2"""
_BY_POSITION = f"""SELECT {COLUMNS} FROM json_each(?) AS wanted
  CROSS JOIN stored_events AS e ON e.rowid = wanted.value"""  # noqa: S608 - constants
_REVISIONS = """SELECT r.plan_no, r.position FROM json_each(?) AS wanted
  CROSS JOIN plan_revisions AS r ON r.plan_no = wanted.value
  WHERE r.number > 1 AND r.position <= ? ORDER BY r.position"""
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
    taken = yield from turns({one.number: Began(one.started, one.ended) for one in listed}, until)
    events, times = yield from _events(kinds, listed, taken)
    moved = yield from _moved(kinds, listed, until)
    items = tuple(_summary(plan, events, times, moved, taken.get(plan.number)) for plan in listed)
    after = listed[-1].id if len(rows) > limit else None
    return Page(items, PlanId(after) if after else None, min(until, rows[0][0]))


def plan_ids(beginning: str, limit: int) -> Asking[tuple[PlanId, ...]]:
    """Return the ids of plans that begin so, in order."""
    rows = yield from select(_BEGINNING_SO, beginning, checked(limit))
    return tuple(PlanId(plan) for (plan,) in rows)


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
    kinds: Kinds, listed: Iterable[Listed], taken: Mapping[int, Turns]
) -> Asking[tuple[dict[int, Event], dict[int, datetime]]]:
    """Return drafts, ends and pauses of plans by position, and the times that they are told by."""
    timed = {plan.started for plan in listed}
    timed |= {plan.last for plan in listed if plan.ended is None}
    timed |= {position for plan in taken.values() for position in plan.positions}
    whole = {plan.paused for plan in taken.values()}
    whole |= {position for plan in listed for position in (plan.number, plan.ended)}
    positions = sorted(position for position in timed | whole if position is not None)
    rows = yield from select(_BY_POSITION, orjson.dumps(positions).decode())
    times = {row[0]: moment(row[5]) for row in rows if row[0] in timed}
    rows = [row for row in rows if row[0] in whole or _is_read_whole(row)]
    decoded = yield from decode(kinds, rows, apart=APART_IN_LISTS)
    events = dict(decoded.events)
    return events, {at: events[at].timestamp if at in events else times[at] for at in times}


def _moved(kinds: Kinds, listed: Iterable[Listed], until: int) -> Asking[dict[int, str]]:
    """Return what the revisions of plans say of their workflows, by the plan's number."""
    revised = [plan.number for plan in listed if plan.revision > 1]
    if not revised:
        return {}
    rows = yield from select(_REVISIONS, orjson.dumps(revised).decode(), until)
    plans = {position: plan for plan, position in rows}
    stored = yield from select(_BY_POSITION, orjson.dumps(list(plans)).decode())
    decoded = yield from decode(kinds, stored, apart=APART_IN_LISTS)
    said = ((plans[at], getattr(event, "workflow", None)) for at, event in decoded.events)
    return {plan: workflow for plan, workflow in said if workflow is not None}


def _is_read_whole(row: tuple[Any, ...]) -> bool:
    """Tell whether more than the time of a plan's start is needed, or that is inside."""
    return row[3] == PlanForked.kind or has_own_time(row[4])


def _summary(
    plan: Listed,
    events: Mapping[int, Event],
    times: Mapping[int, datetime],
    moved: Mapping[int, str],
    taken: Turns | None,
) -> PlanSummary:
    draft = events[plan.number]
    start, end = events.get(plan.started or 0), events.get(plan.ended or 0)
    started_at = times.get(plan.started or 0)
    ended_at = end.timestamp if end else None
    status = PLAN_STATUSES[plan.status]
    if not isinstance(draft, PlanDrafted):
        raise UnknownNameError(f"plan {plan.id}: its draft is not where it should be; run `check`")
    return PlanSummary(
        id=PlanId(plan.id),
        name=draft.name,
        workflow=moved.get(plan.number, draft.workflow) or None,
        revision=plan.revision,
        forked_from=start.at if isinstance(start, PlanForked) else None,
        status=status,
        completion=end.completion if isinstance(end, PlanCompleted | PlanFailed) else None,
        reason=_reason(end or (events.get(taken.paused or 0) if taken else None)),
        error_message=end.error.message if isinstance(end, PlanFailed) else None,
        created_at=draft.timestamp,
        started_at=started_at,
        ended_at=ended_at,
        actual_duration=_duration(plan, times, taken, ended_at),
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


def _duration(
    plan: Listed, times: Mapping[int, datetime], taken: Turns | None, ended_at: datetime | None
) -> timedelta | None:
    """Return how long a plan ran, up to its end or its newest event."""
    if taken is not None:
        return taken.duration(times, plan.last) if taken.epochs else None
    if plan.started is None:
        return None
    return (ended_at or times[plan.last]) - times[plan.started]


def _reason(event: Event | None) -> str | None:
    """Return why a plan ended, or why it is paused."""
    if isinstance(event, PlanCompleted | PlanFailed | PlanCancelled | PlanPaused):
        return event.reason
    return None


def _skipped(plan: Listed, status: PlanStatus) -> int:
    """Return the skipped steps; once the plan has ended, also those that never started."""
    if status in PLAN_ENDED:
        return plan.steps - plan.completed - plan.failed - plan.cancelled
    return plan.skipped
