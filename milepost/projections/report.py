"""A plan's report: its times, waits, throughput and resources; and the whole history in one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from milepost.domain.events import Usage
from milepost.domain.ids import PlanId, StepPath
from milepost.domain.steps import CONTAINERS, StepStatus

from .decisions import Decision
from .plan_views import actual_duration
from .step_views import UNDONE, StepView
from .story import PlanStory
from .timings import Timing, timings
from .totals import StepCounts, count_steps, total_usage
from .views import EventView, Page


@dataclass(frozen=True, slots=True)
class StepTime:
    """How one step spent its time; `waited` and `ran` add up to `elapsed`."""

    path: StepPath
    status: StepStatus
    attempts: int
    waited: timedelta
    ran: timedelta
    elapsed: timedelta
    usage: Usage
    undone: bool
    """Whether what the step did has been undone."""

    @property
    def shown_as(self) -> str:
        """The status, or that what the step did was undone."""
        return UNDONE if self.undone else self.status.value


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The figures of one plan; the totals are sums over its steps."""

    plan: PlanId
    total: timedelta
    """From the plan's start to its end, or to the moment asked for."""
    waited: timedelta
    """By all working steps, for a slot, another attempt, a time or a person."""
    ran: timedelta
    """By all working steps."""
    throughput: float
    """Steps ended by a second of the total; 0 if no time has passed."""
    retries: int
    counts: StepCounts
    usage: Usage
    steps: tuple[StepTime, ...]
    """In file order, those that could have begun."""


@dataclass(frozen=True, slots=True)
class ExecutionHistory:
    """What happened in a plan: its session, steps, events in order of time, figures, decisions.

    The pages are the first ones; the other queries go on from their `next`.
    """

    plan: PlanId
    session: str | None
    steps: Page[StepView, StepPath]
    timeline: Page[EventView, int]
    metrics: PlanReport
    decisions: Page[Decision, int]


def plan_report(story: PlanStory, now: datetime | None = None) -> PlanReport:
    """Return a plan's figures; what still goes on is counted up to `now`."""
    known = timings(story, now)
    working = {place.path for place in story.places if place.spec.kind not in CONTAINERS}
    total = actual_duration(story, now) or timedelta()
    counts = count_steps(story)
    ended = counts.completed + counts.failed + counts.skipped + counts.cancelled
    return PlanReport(
        plan=story.id,
        total=total,
        waited=sum((known[path].waited for path in known if path in working), timedelta()),
        ran=sum((known[path].ran for path in known if path in working), timedelta()),
        throughput=ended / total.total_seconds() if total else 0.0,
        retries=sum(step.step.retries for step in story.steps.values()),
        counts=counts,
        usage=total_usage(story),
        steps=tuple(_step_time(story, *item) for item in known.items()),
    )


def _step_time(story: PlanStory, path: StepPath, timing: Timing) -> StepTime:
    past = story.steps.get(path)
    return StepTime(
        path=path,
        status=story.statuses[path],
        attempts=past.step.attempt if past else 0,
        waited=timing.waited,
        ran=timing.ran,
        elapsed=timing.elapsed,
        usage=past.usage if past else Usage(),
        undone=story.undone(path),
    )
