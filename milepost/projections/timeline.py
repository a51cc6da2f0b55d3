"""A plan's timeline: when each attempt of each step ran, side by side, and what held it up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from milepost.domain.ids import PlanId, StepPath
from milepost.domain.steps import CONTAINERS, StepKind, StepStatus

from .critical import critical_path
from .epochs import Epoch, epochs
from .places import Place
from .step_views import UNDONE
from .story import Bar, Phase, PlanStory
from .timings import Timing, ran, shown_until, timings


@dataclass(frozen=True, slots=True)
class Lane:
    """One step's stretches of time, in order; `available` is when it could have begun."""

    path: StepPath
    label: str
    kind: StepKind
    status: StepStatus
    depth: int
    """How many containers are around it."""
    level: int
    """How deep among its siblings: it waits for steps of lower levels only."""
    is_critical: bool
    available: datetime | None
    waited: timedelta
    ran: timedelta
    bars: tuple[Bar, ...]
    adopted: bool = False
    """Whether it has a result that was on record, so that it has no bar."""
    removed: bool = False
    """Whether the plan no longer has this step."""
    undoes: StepPath | None = None
    """The step that this one undoes."""
    iteration: int | None = None
    """Number of the loop's iteration that it stands in, if its container is a loop."""
    undone: bool = False
    """Whether what the step did has been undone."""

    @property
    def shown_as(self) -> str:
        """The status, or that what the step did was undone."""
        return UNDONE if self.undone else self.status.value


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lanes in file order, and the sums that say what running side by side saved.

    Lanes of steps that the plan no longer has come last.
    """

    plan: PlanId
    started: datetime
    """When the plan started, or was drafted if it has not."""
    ended: datetime
    """When the plan ended, or the moment up to which it is shown."""
    epochs: tuple[Epoch, ...]
    """When the plan was open; more than one if it was reopened."""
    lanes: tuple[Lane, ...]
    critical_path: tuple[StepPath, ...]
    """The steps that the end waited for, first to last."""
    most_at_once: int
    """Most working steps that ran side by side."""
    overlap: timedelta
    """For how long more than one working step ran."""
    serial: timedelta
    """How long the working steps would take one after the other."""
    total: timedelta
    """How long the plan ran; the time between an end and a reopening does not count."""

    @property
    def saved(self) -> timedelta:
        """How much shorter the plan is than its steps one after the other."""
        return max(self.serial - self.total, timedelta())


def timeline(story: PlanStory, now: datetime | None = None) -> Timeline:
    """Return a plan's timeline; what still goes on is counted up to `now`."""
    known = timings(story, now)
    critical = critical_path(story)
    held_up = frozenset(critical)
    lanes = tuple(_lane(story, place, known, held_up) for place in (*story.places, *story.gone))
    started = story.plan.started_at or story.draft.timestamp
    ended = story.plan.ended_at or shown_until(story, now)
    opened = epochs(story, ended) or (Epoch(started, ended),)
    runs = sorted(_runs(lanes, ended))
    most, overlap = _side_by_side(runs)
    return Timeline(
        plan=story.id,
        started=started,
        ended=ended,
        epochs=opened,
        lanes=lanes,
        critical_path=tuple(critical),
        most_at_once=most,
        overlap=overlap,
        serial=sum((end - start for start, end in runs), timedelta()),
        total=sum((epoch.length for epoch in opened), timedelta()),
    )


def _lane(
    story: PlanStory, place: Place, known: dict[StepPath, Timing], critical: frozenset[StepPath]
) -> Lane:
    timing, step = known.get(place.path), story.steps.get(place.path)
    return Lane(
        path=place.path,
        label=place.spec.label,
        kind=place.spec.kind,
        status=story.statuses.get(place.path, StepStatus.PENDING),
        depth=sum(1 for _ancestor in place.ancestors),
        level=place.level,
        adopted=step is not None and step.adopted,
        removed=place.path not in story.statuses,
        undoes=place.undoes,
        iteration=_iteration(place),
        undone=story.undone(place.path),
        is_critical=place.path in critical,
        available=timing.available if timing else None,
        waited=timing.waited if timing else timedelta(),
        ran=timing.ran if timing else timedelta(),
        bars=tuple(step.bars) if step else (),
    )


def _iteration(place: Place) -> int | None:
    is_looped = place.parent is not None and place.parent.spec.kind is StepKind.LOOP
    return place.index if is_looped else None


def _runs(lanes: tuple[Lane, ...], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield when working steps ran: containers only hold those inside them."""
    for lane in lanes:
        if lane.kind not in CONTAINERS:
            for bar in lane.bars:
                if bar.phase is Phase.RUN:
                    yield bar.start, bar.start + ran(bar, now)


def _side_by_side(runs: list[tuple[datetime, datetime]]) -> tuple[int, timedelta]:
    """Return the most runs at once, and for how long there was more than one.

    One that begins when another ends comes after it; one that took no time was at least alone.
    """
    changes = sorted([(start, 1) for start, _end in runs] + [(end, -1) for _start, end in runs])
    most, running = min(len(runs), 1), 0
    overlap = timedelta()
    before: datetime | None = None
    for time, change in changes:
        if before is not None and running > 1:
            overlap += time - before
        running += change
        most = max(most, running)
        before = time
    return most, overlap
