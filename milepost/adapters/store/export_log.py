"""One plan's log as JSON Lines: a header with what its events name, then each event, whole.

Positions are left out, since they belong to a store. What is imported elsewhere and exported
again gives the same lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping

import orjson

from milepost.domain.errors import StoreFormatError
from milepost.domain.events import PlanDrafted
from milepost.domain.values import ContentHash
from milepost.engine.journal import Stored
from milepost.projections.codes import codes_of
from milepost.projections.views import as_json, event_view

from .asking import Asker, Asking, select
from .kinds import Kinds
from .named_contents import NAMING_KINDS, contents_named, snapshots_named
from .reads_decoding import APART_IN_LISTS, COLUMNS, WHOLE, decode, read_bodies
from .reads_events import plan_position
from .reads_moments import NEWEST

FORMAT = "milepost plan log"
VERSION = 1
_AT_ONCE = 500
_PAGE = f"""SELECT {COLUMNS} FROM plans AS p
  CROSS JOIN history AS h ON h.plan_no = p.plan_no AND h.position > ? AND h.position <= ?
  CROSS JOIN stored_events AS e ON e.rowid = h.position
  WHERE p.id = ? ORDER BY h.position LIMIT ?"""  # noqa: S608 - constants
_COUNT = """SELECT count(*) FROM plans AS p CROSS JOIN history AS h ON h.plan_no = p.plan_no
  WHERE p.id = ? AND h.position <= ?"""
_NAMING = f"""SELECT {COLUMNS} FROM plans AS p
  CROSS JOIN history AS h ON h.plan_no = p.plan_no AND h.position <= ?
    AND h.kind IN ({", ".join(map(str, sorted(codes_of(NAMING_KINDS))))})
  CROSS JOIN stored_events AS e ON e.rowid = h.position
  WHERE p.id = ? ORDER BY h.position"""  # noqa: S608 - constants


async def export_log(asker: Asker, kinds: Kinds, plan: str) -> AsyncIterator[bytes]:
    """Yield the lines of a plan's log as it is now, each with its line feed.

    Raises `UnknownNameError` for a plan that is not there.
    """
    until = await asker.ask(plan_position(plan, NEWEST))
    page = await asker.ask(_events(kinds, plan, 0, until))
    draft = page[0].event
    if not isinstance(draft, PlanDrafted):
        raise StoreFormatError(f"plan {plan}: its history has no beginning; run `check`")
    yield await asker.ask(_header(kinds, plan, until))
    while page:
        for stored in page:
            yield event_line(stored, draft.trace)
        page = await asker.ask(_events(kinds, plan, page[-1].position, until))


def event_line(stored: Stored, trace: str | None) -> bytes:
    """Return the line of one event."""
    view = as_json(event_view(*stored, trace))
    if not isinstance(view, dict):
        raise TypeError("an event is shown as an object")
    data = orjson.Fragment(orjson.dumps(view["data"], option=orjson.OPT_SORT_KEYS))
    fields = {name: view[name] for name in view if name not in ("position", "data")}
    return orjson.dumps({**fields, "data": data}) + b"\n"


def _header(kinds: Kinds, plan: str, until: int) -> Asking[bytes]:
    """Return the line with all that events name: contents of plans, and states of checkpoints."""
    events = yield from select(_COUNT, plan, until)
    rows = yield from select(_NAMING, until, plan)
    naming = [one.event for one in (yield from decode(kinds, rows, apart=APART_IN_LISTS)).events]
    snapshots = dict.fromkeys(snapshots_named(naming))
    contents = {name: None for event in naming for name in contents_named(event)}
    bodies = yield from read_bodies(contents)
    header = {
        "format": FORMAT,
        "version": VERSION,
        "plan": plan,
        "events": events[0][0],
        "contents": _given(bodies, [name for name in contents if name not in snapshots]),
        "snapshots": _given(bodies, snapshots),
    }
    return orjson.dumps(header) + b"\n"


def _given(
    bodies: Mapping[ContentHash, bytes], names: Iterable[ContentHash]
) -> dict[str, orjson.Fragment]:
    return {name: orjson.Fragment(bodies[name]) for name in names}


def _events(kinds: Kinds, plan: str, after: int, until: int) -> Asking[list[Stored]]:
    rows = yield from select(_PAGE, after, until, plan, _AT_ONCE)
    decoded = yield from decode(kinds, rows, apart=WHOLE, as_logged=True)
    return decoded.events
