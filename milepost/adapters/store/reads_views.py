"""Queries for one plan: the plan itself, its steps, timeline, figures, decisions and history."""

from __future__ import annotations

from collections.abc import Collection

from milepost.domain.ids import StepPath
from milepost.domain.steps import StepStatus
from milepost.projections.decisions import Decision, decisions
from milepost.projections.plan_views import PlanView, plan_view
from milepost.projections.report import ExecutionHistory, plan_report
from milepost.projections.step_views import StepView, statuses_of, step_view
from milepost.projections.timings import timing_of
from milepost.projections.views import AsOf, Page

from .asking import Asking
from .kinds import Kinds
from .reads_events import HistoryQuery, history
from .reads_moments import checked
from .reads_story import Stories, Told, place_of, whole


def plan(stories: Stories, plan_id: str, as_of: AsOf) -> Asking[PlanView]:
    """Return one plan, its final output whole."""
    told = yield from stories.tell(plan_id, as_of)
    outputs = yield from stories.outputs(told)
    return plan_view(told.story, outputs)


def step(stories: Stories, plan_id: str, path: str, as_of: AsOf) -> Asking[StepView]:
    """Return one step, its values whole."""
    told = yield from stories.tell(plan_id, as_of)
    place = place_of(told.story, path)
    view = step_view(told.story, place, timing_of(told.story, place))
    return whole(view, (yield from stories.step(told, place.path)))


def steps(
    stories: Stories,
    plan_id: str,
    status: Collection[str],
    after: str | None,
    limit: int,
    as_of: AsOf,
) -> Asking[Page[StepView, StepPath]]:
    """Return a page of a plan's steps."""
    limit = checked(limit)
    wanted = statuses_of(status) if status else frozenset(StepStatus)
    told = yield from stories.tell(plan_id, as_of)
    return step_page(told, wanted, after, limit)


def step_page(
    told: Told, wanted: frozenset[StepStatus], after: str | None, limit: int
) -> Page[StepView, StepPath]:
    """Return the steps with one of the wanted statuses that follow a step in file order."""
    story = told.story
    start = 0
    if after is not None:
        start = story.places.index(place_of(story, after)) + 1
    passed = [place for place in story.places if story.statuses[place.path] in wanted]
    left = [place for place in story.places[start:] if story.statuses[place.path] in wanted]
    page = left[:limit]
    items = tuple(step_view(story, place, timing_of(story, place)) for place in page)
    rest = page[-1].path if len(left) > limit else None
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
    story = told.story
    return ExecutionHistory(
        plan=story.id,
        session=story.plan.session,
        steps=step_page(told, frozenset(StepStatus), None, limit),
        timeline=(yield from history(kinds, query)),
        metrics=plan_report(story),
        decisions=decision_page(told, path=None, after=None, limit=limit),
    )
