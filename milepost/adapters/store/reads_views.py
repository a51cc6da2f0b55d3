"""Queries for one plan: the plan itself, its steps, timeline, figures, decisions and history."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from milepost.domain.ids import StepPath
from milepost.projections.decisions import Decision, decisions
from milepost.projections.plan_views import PlanView, plan_view
from milepost.projections.reader import PAGE
from milepost.projections.report import ExecutionHistory, PlanReport, plan_report
from milepost.projections.step_views import SHOWN, StepView, shown_as, statuses_of, step_view
from milepost.projections.timeline import Timeline, timeline
from milepost.projections.timings import timing_of
from milepost.projections.views import AsOf, EventView, Page

from .asking import Asking, compute
from .kinds import Kinds
from .reads_events import HistoryQuery, history
from .reads_moments import checked
from .reads_story import Stories, Told, place_of, whole

ViewT = TypeVar("ViewT")


class StepQuery(NamedTuple):
    """Which steps are wanted, and up to when what goes on is counted."""

    status: Collection[str] = ()
    after: str | None = None
    limit: int = PAGE
    now: datetime | None = None


def plan(stories: Stories, plan_id: str, now: datetime | None, as_of: AsOf) -> Asking[PlanView]:
    """Return one plan, its final output whole."""
    told = yield from stories.tell(plan_id, as_of)
    outputs = yield from stories.outputs(told)
    return (yield from _worked_out(told, partial(plan_view, told.story, outputs, now=now)))


def step(
    stories: Stories, plan_id: str, path: str, now: datetime | None, as_of: AsOf
) -> Asking[StepView]:
    """Return one step, its values whole."""
    told = yield from stories.tell(plan_id, as_of)
    place = place_of(told.story, path)
    view = step_view(told.story, place, timing_of(told.story, place, now))
    return whole(view, (yield from stories.step(told, place.path)))


def steps(
    stories: Stories, plan_id: str, wanted: StepQuery, as_of: AsOf
) -> Asking[Page[StepView, StepPath]]:
    """Return a page of a plan's steps."""
    checked(wanted.limit)
    shown = statuses_of(wanted.status) if wanted.status else SHOWN
    told = yield from stories.tell(plan_id, as_of)
    return (yield from _worked_out(told, partial(step_page, told, shown, wanted)))


def plan_timeline(
    stories: Stories, plan_id: str, now: datetime | None, as_of: AsOf
) -> Asking[Timeline]:
    """Return a plan's timeline."""
    told = yield from stories.tell(plan_id, as_of)
    return (yield from _worked_out(told, partial(timeline, told.story, now)))


def figures(
    stories: Stories, plan_id: str, now: datetime | None, as_of: AsOf
) -> Asking[PlanReport]:
    """Return a plan's figures."""
    told = yield from stories.tell(plan_id, as_of)
    return (yield from _worked_out(told, partial(plan_report, told.story, now)))


def decision_log(
    stories: Stories, plan_id: str, step: str | None, after: int | None, limit: int, as_of: AsOf
) -> Asking[Page[Decision, int]]:
    """Return a page of a plan's decisions, or of those on one step."""
    limit = checked(limit)
    told = yield from stories.tell(plan_id, as_of)
    path = place_of(told.story, step).path if step is not None else None
    page = partial(decision_page, told, path=path, after=after, limit=limit)
    return (yield from _worked_out(told, page))


def step_page(told: Told, shown: frozenset[str], wanted: StepQuery) -> Page[StepView, StepPath]:
    """Return the steps shown as one of these that follow a step in file order."""
    story = told.story
    start = 0
    if wanted.after is not None:
        start = story.places.index(place_of(story, wanted.after)) + 1
    passed = [place for place in story.places if shown_as(story, place.path) in shown]
    left = [place for place in story.places[start:] if shown_as(story, place.path) in shown]
    page = left[: wanted.limit]
    items = tuple(step_view(story, place, timing_of(story, place, wanted.now)) for place in page)
    rest = page[-1].path if len(left) > wanted.limit else None
    return Page(items, rest, told.until, total=len(passed))


def decision_page(
    told: Told, *, path: str | None, after: int | None, limit: int
) -> Page[Decision, int]:
    """Return the decisions after a position, those of one step if it is given."""
    story = told.story
    found = [
        decision
        for decision in decisions(story.events)
        if decision.position > (after or 0) and path in (None, decision.step)
    ]
    page = tuple(found[:limit])
    rest = page[-1].position if len(found) > limit else None
    return Page(page, rest, told.until)


def execution_history(
    kinds: Kinds, stories: Stories, plan_id: str, limit: int, as_of: AsOf
) -> Asking[ExecutionHistory]:
    """Return a plan's session, steps, events, figures and decisions."""
    limit = checked(limit)
    told = yield from stories.tell(plan_id, as_of)
    query = HistoryQuery(plan_id, limit=limit, as_of=told.until)
    events = yield from history(kinds, query)
    return (yield from _worked_out(told, partial(_parts, told, events, limit)))


def _parts(told: Told, events: Page[EventView, int], limit: int) -> ExecutionHistory:
    return ExecutionHistory(
        plan=told.story.id,
        session=told.story.plan.session,
        steps=step_page(told, SHOWN, StepQuery(limit=limit)),
        timeline=events,
        metrics=plan_report(told.story),
        decisions=decision_page(told, path=None, after=None, limit=limit),
    )


def _worked_out(told: Told, view: Callable[[], ViewT]) -> Asking[ViewT]:
    """Ask for a view of a plan; that of a large one is worked out in another thread."""
    return compute(view, size=len(told.story.places))
