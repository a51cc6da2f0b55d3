"""One plan's log as JSON Lines: a header with the plan's content, then each event, whole.

Positions are left out, since they belong to a store. What is imported elsewhere and exported
again gives the same lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson

from milepost.domain.errors import StoreFormatError
from milepost.domain.events import PlanDrafted
from milepost.engine.journal import Stored
from milepost.projections.views import as_json, event_view

from .asking import Asker, Asking, select
from .kinds import Kinds
from .reads_decoding import COLUMNS, WHOLE, decode, read_bodies
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


async def export_log(asker: Asker, kinds: Kinds, plan: str) -> AsyncIterator[bytes]:
    """Yield the lines of a plan's log as it is now, each with its line feed.

    Raises `UnknownNameError` for a plan that is not there.
    """
    until = await asker.ask(plan_position(plan, NEWEST))
    page = await asker.ask(_events(kinds, plan, 0, until))
    draft = page[0].event
    if not isinstance(draft, PlanDrafted):
        raise StoreFormatError(f"plan {plan}: its history has no beginning; run `check`")
    yield await asker.ask(_header(draft, until))
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


def _header(draft: PlanDrafted, until: int) -> Asking[bytes]:
    plan, content = draft.originator_id, draft.content
    events = yield from select(_COUNT, plan, until)
    bodies = yield from read_bodies([content])
    header = {
        "format": FORMAT,
        "version": VERSION,
        "plan": plan,
        "events": events[0][0],
        "contents": {content: orjson.Fragment(bodies[content])},
    }
    return orjson.dumps(header) + b"\n"


def _events(kinds: Kinds, plan: str, after: int, until: int) -> Asking[list[Stored]]:
    rows = yield from select(_PAGE, after, until, plan, _AT_ONCE)
    decoded = yield from decode(kinds, rows, apart=WHOLE)
    return decoded.events
