"""When a plan was open: from its start, or from a reopening, to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from milepost.domain.aggregates import PlanStream

from .story import PlanStory


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of time in which a plan was open."""

    began: datetime
    ended: datetime
    """When the plan ended, or the moment up to which it is shown."""

    @property
    def length(self) -> timedelta:
        """How long the plan was open."""
        return self.ended - self.began

    def before(self, time: datetime) -> timedelta:
        """Return how much of it had passed at a time."""
        return max(min(time, self.ended) - self.began, timedelta())


def epochs(story: PlanStory, until: datetime) -> tuple[Epoch, ...]:
    """Return a plan's epochs, none before its start; the one that goes on ends at `until`."""
    plan = PlanStream.shell(story.id)
    found: dict[int, Epoch] = {}
    for recorded in story.events:
        if recorded.event.originator_id == plan.id:
            recorded.event.mutate(plan)
            if plan.begun_at is not None:
                found[plan.epoch] = Epoch(plan.begun_at, plan.ended_at or until)
    return tuple(found.values())
