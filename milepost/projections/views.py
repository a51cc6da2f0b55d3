"""An event as read, and answers in pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from pydantic import TypeAdapter

from milepost.domain.events import Event, Impact, RequestMade
from milepost.domain.ids import PlanId, StepPath, path_of, plan_of
from milepost.domain.values import Json

AsOf: TypeAlias = int | datetime | None
"""A past moment: a position, or an aware time (the last position not after it); None is now."""

ItemT = TypeVar("ItemT")
CursorT = TypeVar("CursorT")


class Recorded(Protocol):
    """An event with its position."""

    @property
    def position(self) -> int:
        """The global position."""

    @property
    def event(self) -> Event:
        """The event."""


@dataclass(frozen=True, slots=True)
class EventView:
    """An event with its whole envelope.

    Values over 64 KiB in `data` may be given as `{"@": "sha256:…"}`; the query says when.
    """

    id: str
    position: int
    kind: str
    """With the version of its schema, for example `step.completed.v1`."""
    time: datetime
    plan: PlanId | None
    """None for events of a published workflow."""
    step: StepPath | None
    revision: int
    actor: str
    cause: str
    """Id of the event that led here; empty where a plan begins."""
    trace: str | None
    """W3C traceparent given with the plan."""
    impact: Impact
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT, CursorT]):
    """Part of an answer; `next` is where the rest begins, None when there is no more."""

    items: tuple[ItemT, ...]
    next: CursorT | None
    as_of: int
    """The position that the answer is true of."""
    total: int | None = None
    """How many items all pages have together, where that is known."""

    @property
    def is_cut(self) -> bool:
        """Whether there is more."""
        return self.next is not None


def event_view(position: int, event: Event, trace: str | None) -> EventView:
    """Return an event as it is shown; `trace` is its plan's."""
    stream = event.originator_id
    about_plan = not event.kind.startswith("workflow.")
    return EventView(
        id=event.id,
        position=position,
        kind=event.kind,
        time=event.timestamp,
        plan=plan_of(stream) if about_plan else None,
        step=_step_of(event) if about_plan else None,
        revision=event.revision,
        actor=event.actor,
        cause=event.cause,
        trace=trace,
        impact=event.impact,
        data=event.data(),
    )


def as_json(view: object) -> Json:
    """Return a view as JSON values: times in RFC 3339, durations in ISO 8601."""
    view_type = type(view)
    if view_type not in _ADAPTERS:
        _ADAPTERS[view_type] = TypeAdapter(view_type)
    value: Json = _ADAPTERS[view_type].dump_python(view, mode="json", by_alias=True)
    return value


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _step_of(event: Event) -> StepPath | None:
    """Return the step of a step's event, or the one that a plan's event names."""
    path = path_of(event.originator_id)
    if path is not None:
        return path
    named = event.arguments.get("step") if isinstance(event, RequestMade) else None
    named = named or getattr(event, "step", None)
    return StepPath(named) if isinstance(named, str) else None
