"""Queries for events: of one plan, of the whole store, and one by its id."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import orjson

from milepost.domain.errors import UnknownNameError
from milepost.domain.events import Impact
from milepost.domain.ids import plan_of, step_stream
from milepost.projections.codes import codes_from, codes_of
from milepost.projections.views import AsOf, EventView, Page, event_view

from .asking import Answer, Asking, Select, rows_of, select
from .kinds import Kinds
from .reads_decoding import APART_IN_LISTS, COLUMNS, WHOLE, decode
from .reads_moments import NEWEST, bound, checked

_OF_PLAN = """CROSS JOIN history AS h ON h.plan_no = p.plan_no
  CROSS JOIN stored_events AS e ON e.rowid = h.position"""
_OF_STEP = """CROSS JOIN stored_events AS e ON e.originator_id = ?
  CROSS JOIN history AS h ON h.plan_no = p.plan_no AND h.position = e.rowid"""
_PLAN = "SELECT last FROM plans WHERE id = ? AND plan_no <= ?"
_TRACES = """SELECT id, trace FROM plans
  WHERE id IN (SELECT value FROM json_each(?)) AND trace IS NOT NULL"""


_MOST_DIGITS = 9
"""Of the version of an event; no stream grows so long."""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which events of a plan, and in which order."""

    plan: str
    step: str | None = None
    kinds: Collection[str] = ()
    impact: Impact | None = None
    after: int | None = None
    limit: int = 100
    newest_first: bool = False
    as_of: AsOf = None


def history(kinds: Kinds, query: HistoryQuery) -> Asking[Page[EventView, int]]:
    """Return a page of a plan's events."""
    limit = checked(query.limit)
    until = yield from bound(query.as_of)
    rows = yield from rows_of(_statement(query, until, limit + 1))
    if not rows:
        last = yield from plan_position(query.plan, until)
        return Page((), None, last)
    last, trace = rows[0][:2]
    page = [row[2:] for row in rows[:limit]]
    decoded = yield from decode(kinds, page, apart=APART_IN_LISTS, as_logged=True)
    items = tuple(event_view(position, event, trace) for position, event in decoded.events)
    return Page(items, page[-1][0] if len(rows) > limit else None, min(last, until))


def events(kinds: Kinds, after: int, limit: int, as_of: AsOf) -> Asking[Page[EventView, int]]:
    """Return the events after a position; `as_of` is the position to ask after next."""
    limit = checked(limit)
    until = yield from bound(as_of)
    rows = yield from select(
        f"SELECT {COLUMNS} FROM stored_events AS e"  # noqa: S608 - constants
        " WHERE e.rowid > ? AND e.rowid <= ? ORDER BY e.rowid LIMIT ?",
        after,
        until,
        limit + 1,
    )
    page = rows[:limit]
    decoded = yield from decode(kinds, page, apart=APART_IN_LISTS, as_logged=True)
    traces = yield from _traces(page)
    items = tuple(
        event_view(position, event, traces.get(plan_of(event.originator_id)))
        for position, event in decoded.events
    )
    last = page[-1][0] if page else after
    return Page(items, last if len(rows) > limit else None, last)


def event(kinds: Kinds, event_id: str) -> Asking[EventView]:
    """Return one event, its values whole; raise `UnknownNameError` if there is none."""
    stream, _mark, version = event_id.rpartition("#")
    rows: Answer = []
    if version.isdecimal() and len(version) <= _MOST_DIGITS:
        rows = yield from select(
            f"SELECT {COLUMNS} FROM stored_events AS e"  # noqa: S608 - constants
            " WHERE e.originator_id = ? AND e.originator_version = ?",
            stream,
            int(version),
        )
    if not rows:
        raise UnknownNameError(f"there is no event {event_id!r}; `history` lists a plan's events")
    decoded = yield from decode(kinds, rows, apart=WHOLE, as_logged=True)
    traces = yield from _traces(rows)
    return event_view(*decoded.events[0], traces.get(plan_of(stream)))


def plan_position(plan: str, until: int) -> Asking[int]:
    """Return the newest position of a plan up to `until`; raise `UnknownNameError` without one."""
    rows = yield from select(_PLAN, plan, until)
    if not rows:
        when = "" if until == NEWEST else f" at position {until}"
        raise UnknownNameError(f"there is no plan {plan!r}{when}; `plans` lists what there is")
    last: int = rows[0][0]
    return min(last, until)


def _statement(query: HistoryQuery, until: int, limit: int) -> Select:
    """Return the statement of a page."""
    of_step = query.step is not None
    low, high = query.after or 0, until
    if query.newest_first:
        low, high = 0, min(until, (query.after or NEWEST) - 1)
    codes = _codes(query)
    wanted = f"AND h.kind IN ({', '.join(map(str, sorted(codes)))})" if codes is not None else ""
    order = "e.originator_version" if of_step else "h.position"
    statement = f"""SELECT p.last, p.trace, {COLUMNS} FROM plans AS p
      {_OF_STEP if of_step else _OF_PLAN}
      WHERE p.id = ? AND h.position > ? AND h.position <= ? {wanted}
      ORDER BY {order} {"DESC" if query.newest_first else ""} LIMIT ?"""  # noqa: S608 - numbers
    stream = (step_stream(query.plan, query.step),) if query.step is not None else ()
    return Select(statement, (*stream, query.plan, low, high, limit))


def _codes(query: HistoryQuery) -> frozenset[int] | None:
    """Return the codes of the kinds that a query asks for, None for all."""
    codes = codes_of(query.kinds) if query.kinds else None
    if query.impact is None:
        return codes
    reaching = codes_from(query.impact)
    return reaching if codes is None else codes & reaching


def _traces(rows: Answer) -> Asking[dict[str, str]]:
    """Return the traces of the plans that rows belong to."""
    plans = sorted({plan_of(row[1]) for row in rows})
    found = yield from select(_TRACES, orjson.dumps(plans).decode())
    return dict(found)
