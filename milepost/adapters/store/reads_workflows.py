"""The query for published workflows."""

from __future__ import annotations

from milepost.domain.errors import UnknownNameError
from milepost.domain.events import WorkflowPublished
from milepost.domain.ids import workflow_of, workflow_stream
from milepost.projections.views import Page
from milepost.projections.workflow_views import WorkflowView

from .asking import Asking, select
from .kinds import Kinds
from .reads_decoding import APART_IN_LISTS, COLUMNS, decode
from .reads_moments import checked
from .reads_plans import last_position
from .times import moment

_AFTER = "SELECT published FROM workflows WHERE stream = ? AND version = ?"
_PAGE = f"""SELECT {COLUMNS}, r.time FROM workflows AS w
  CROSS JOIN stored_events AS e ON e.rowid = w.published
  LEFT JOIN stored_events AS r ON r.rowid = w.retired
  WHERE (w.stream, w.published) > (?, ?) ORDER BY w.stream, w.published LIMIT ?"""  # noqa: S608


def workflows(kinds: Kinds, after: str | None, limit: int) -> Asking[Page[WorkflowView, str]]:
    """Return a page of versions; `after` is a `name@version`."""
    limit = checked(limit)
    begin: tuple[str, int] = ("", 0)
    if after is not None:
        begin = yield from _begin(after)
    rows = yield from select(_PAGE, *begin, limit + 1)
    decoded = yield from decode(kinds, rows[:limit], apart=APART_IN_LISTS)
    items = tuple(
        WorkflowView(
            name=workflow_of(event.originator_id),
            version=event.version,
            content=event.content,
            description=event.description,
            published_at=event.timestamp,
            retired_at=moment(row[6]) if row[6] is not None else None,
        )
        for row, (_position, event) in zip(rows, decoded.events, strict=False)
        if isinstance(event, WorkflowPublished)
    )
    last = f"{items[-1].name}@{items[-1].version}" if len(rows) > limit else None
    return Page(items, last, (yield from last_position()))


def _begin(after: str) -> Asking[tuple[str, int]]:
    name, _at, version = after.rpartition("@")
    stream = workflow_stream(name)
    rows = yield from select(_AFTER, stream, version)
    if not rows:
        raise UnknownNameError(f"there is no published workflow {after!r} to go on after")
    return stream, rows[0][0]
