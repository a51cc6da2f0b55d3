"""How long each step waited and ran: from when it could have begun to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from milepost.domain.ids import StepPath, static_path
from milepost.domain.steps import StepStatus

from .places import Place
from .story import Bar, Phase, PlanStory, StepStory


@dataclass(frozen=True, slots=True)
class Timing:
    """The time of a step's present activation; `waited` and `ran` add up to `elapsed`."""

    available: datetime
    """When all that the step waits for had ended, and the plan had the step."""
    started: datetime | None
    ended: datetime | None
    waited: timedelta
    """For a slot, for another attempt, for a time or for a person."""
    ran: timedelta

    @property
    def elapsed(self) -> timedelta:
        """From being available to the end, or to the moment of the question."""
        return self.waited + self.ran


def timings(story: PlanStory, now: datetime | None = None) -> dict[StepPath, Timing]:
    """Return the timing of every step that could have begun.

    What still goes on is counted up to `now`; without it, to the plan's newest event.
    """
    found = {place.path: timing_of(story, place, now) for place in story.places}
    return {path: timing for path, timing in found.items() if timing is not None}


def timing_of(story: PlanStory, place: Place, now: datetime | None = None) -> Timing | None:
    """Return the timing of one step, None if it could not have begun."""
    moment = shown_until(story, now)
    step = story.steps.get(place.path)
    first = step.step.started_at if step else None
    ended = step.step.ended_at if step else None
    available = _available(story, place, step)
    known = [time for time in (available, first, ended) if time is not None]
    if not known or (ended is None and story.statuses[place.path] is StepStatus.SKIPPED):
        return None
    begin = min(known)
    running = _running(step, moment) if step else timedelta()
    return Timing(begin, first, ended, max(ended or moment, begin) - begin - running, running)


def ran(bar: Bar, now: datetime) -> timedelta:
    """Return how long a bar is, up to `now` if it goes on."""
    return (bar.end or now) - bar.start


def shown_until(story: PlanStory, now: datetime | None) -> datetime:
    """Return the moment up to which what goes on is counted."""
    if now is None or story.plan.ended:
        return story.until
    return max(now, story.until)


def _running(step: StepStory, now: datetime) -> timedelta:
    bars = [bar for bar in step.bars if bar.activation == step.step.activation]
    return sum((ran(bar, now) for bar in bars if bar.phase is Phase.RUN), timedelta())


def _available(story: PlanStory, place: Place, step: StepStory | None) -> datetime | None:
    """Return when the last thing that the step waits for had happened, None if it has not.

    Of a step that undoes another nothing is known but when it started.
    """
    if place.undoes is not None:
        return None
    around = story.step(place.parent.path) if place.parent else None
    if place.parent is not None and around is None:
        return None
    times = [around.started_at if around else _begun(story, step)]
    for path in place.after:
        waited = story.step(path)
        times.append(waited.ended_at if waited else None)
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return None
    added = story.added.get(StepPath(static_path(place.path)))
    reset = step.reset_at if step else None
    return max(known + [time for time in (added, reset) if time is not None])


def _begun(story: PlanStory, step: StepStory | None) -> datetime | None:
    """Return when the epoch began that a step started in, or is to start in."""
    first = step.step.started_at if step else None
    plan = story.plan
    is_earlier = first is not None and plan.begun_at is not None and first < plan.begun_at
    return plan.started_at if is_earlier else plan.begun_at
