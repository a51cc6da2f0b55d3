"""Views as the store would give them, made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from milepost.domain.events import Impact, Usage
from milepost.domain.ids import PlanId, StepPath
from milepost.domain.steps import StepKind, StepStatus
from milepost.projections.epochs import Epoch
from milepost.projections.step_views import BaseStatus, StepView
from milepost.projections.story import Bar, Phase
from milepost.projections.timeline import Lane, Timeline
from milepost.projections.views import EventView

BEGIN = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


def at(milliseconds: float) -> datetime:
    """Return the time that many milliseconds after the beginning."""
    return BEGIN + timedelta(milliseconds=milliseconds)


def event(kind: str, *, step: str | None = None, **data: Any) -> EventView:
    """Return an event of plan `p1`."""
    return EventView(
        id=f"p1.{step}#1" if step else "p1#1",
        position=7,
        kind=f"{kind}.v1",
        time=BEGIN,
        plan=PlanId("p1"),
        step=StepPath(step) if step else None,
        revision=1,
        actor="engine",
        cause="",
        trace=None,
        impact=Impact.STEP,
        data=data,
    )


def step(path: str = "load", **changes: Any) -> StepView:
    """Return a completed tool step with `changes`."""
    view = StepView(
        path=StepPath(path),
        id=path,
        label=path,
        description=None,
        kind=StepKind.TOOL_CALL,
        tool="csv.read",
        status=StepStatus.COMPLETED,
        base=BaseStatus.DONE,
        depends_on=(),
        level=0,
        attempt=1,
        activation=0,
        input={},
        bindings={},
        output=None,
        error=None,
        reason=None,
        waiting=None,
        question=None,
        due=None,
        started_at=BEGIN,
        ended_at=at(200),
        waited=timedelta(),
        ran=timedelta(milliseconds=200),
        elapsed=timedelta(milliseconds=200),
        estimated=None,
        usage=Usage(),
    )
    return replace(view, **changes)


def run(start: float, end: float | None, state: str = "completed") -> Bar:
    """Return an attempt between two times in milliseconds."""
    return Bar(1, 0, Phase.RUN, state, at(start), None if end is None else at(end))


def wait(start: float, end: float, state: str = "retry") -> Bar:
    """Return a wait between two times in milliseconds."""
    return Bar(1, 0, Phase.WAIT, state, at(start), at(end))


def lane(path: str, *bars: Bar, available: float = 0, **changes: Any) -> Lane:
    """Return the lane of a completed tool step with `changes`."""
    waited = sum((b.end - b.start for b in bars if b.phase is Phase.WAIT and b.end), timedelta())
    made = Lane(
        path=StepPath(path),
        label=path.rpartition(".")[2],
        kind=StepKind.TOOL_CALL,
        status=StepStatus.COMPLETED,
        depth=path.count("."),
        level=0,
        is_critical=False,
        available=at(available),
        waited=waited,
        ran=sum((b.end - b.start for b in bars if b.phase is Phase.RUN and b.end), timedelta()),
        bars=bars,
    )
    return replace(made, **changes)


def timeline(*lanes: Lane, total: float) -> Timeline:
    """Return a timeline of `total` milliseconds."""
    return Timeline(
        plan=PlanId("p1"),
        started=BEGIN,
        ended=at(total),
        epochs=(Epoch(BEGIN, at(total)),),
        lanes=lanes,
        critical_path=tuple(one.path for one in lanes if one.is_critical),
        most_at_once=2,
        overlap=timedelta(milliseconds=200),
        serial=timedelta(milliseconds=1.2 * total),
        total=timedelta(milliseconds=total),
    )
