"""A plan's events folded once, for all views of the plan that are made on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.errors import StoreFormatError
from milepost.domain.events import (
    Event,
    OwnerChanged,
    PlanDrafted,
    RequestMade,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
    Usage,
)
from milepost.domain.ids import PlanId, StepPath, path_of, undo_path, undone_path
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import ENDED, StepStatus

from .places import Place, places, undoing
from .views import Recorded


class Phase(StrEnum):
    """What a stretch of a step's time was spent on."""

    RUN = "run"
    WAIT = "wait"


@dataclass(slots=True)
class Bar:
    """A stretch of a step's time; `end` is None while it goes on.

    `state` of a run is how it ended (`completed`, `failed`, `retrying`, `suspended`, `cancelled`,
    `pending` after a reset, `interrupted` with its process) or `running`; of a wait what it waits
    for (`retry`, `time`, `person`, `event`, `unknown`).
    """

    attempt: int
    activation: int
    phase: Phase
    state: str
    start: datetime
    end: datetime | None = None
    superseded: bool = False
    """Whether the step was reset since, so that what came of it does not count."""


@dataclass(slots=True)
class StepStory:
    """One step: its aggregate, and where its time and resources went in all activations."""

    step: Step
    bars: list[Bar] = field(default_factory=list)
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cpu: float = 0.0
    reset_at: datetime | None = None
    """When the activation began, if not with the plan."""
    adopted: bool = False
    """Whether the step has a result that was on record, and was not run for it."""

    def add(self, event: Event) -> None:
        """Fold the step's next event."""
        event.mutate(self.step)
        self._note_time(event)
        if isinstance(event, StepCompleted | StepFailed | StepRetrying):
            self.calls += event.duration is not None
            if event.usage is not None:
                self._note_usage(event.usage)

    @property
    def usage(self) -> Usage:
        """What all attempts used together."""
        return Usage(
            calls=self.calls,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cpu=self.cpu,
        )

    def cut_off(self, time: datetime) -> None:
        """End what ran at a time: the process that ran it was gone after that."""
        if self.bars and self.bars[-1].phase is Phase.RUN:
            self._close(time, "interrupted")

    def _note_time(self, event: Event) -> None:
        time = event.timestamp
        if isinstance(event, StepStarted):
            self._close(time)
            self._open(Phase.RUN, "running", time)
        elif isinstance(event, StepRetrying):
            self._close(time, "retrying")
            self._open(Phase.WAIT, "retry", time)
        elif isinstance(event, StepSuspended):
            self._close(time, "suspended")
            self._open(Phase.WAIT, event.waiting.value, time)
        elif isinstance(event, StepReset):
            self._close(time, "pending")
            self._reset(time)
        elif isinstance(event, StepAdopted):
            self.adopted = True
        elif isinstance(event, StepCompleted | StepFailed | StepSkipped | StepCancelled):
            self._close(time, self.step.status.value)

    def _reset(self, time: datetime) -> None:
        self.reset_at = time
        self.adopted = False
        for bar in self.bars:
            bar.superseded = True

    def _open(self, phase: Phase, state: str, time: datetime) -> None:
        self.bars.append(Bar(self.step.attempt, self.step.activation, phase, state, time))

    def _close(self, time: datetime, state: str = "") -> None:
        if self.bars and self.bars[-1].end is None:
            bar = self.bars[-1]
            bar.end = time
            if bar.phase is Phase.RUN and state:
                bar.state = state

    def _note_usage(self, usage: Usage) -> None:
        self.calls += usage.calls
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.cpu += usage.cpu


class PlanStory:
    """A plan as of its newest event here: aggregates, steps, and all that follows from them."""

    def __init__(self, events: Sequence[Recorded], spec: PlanSpec) -> None:
        """Fold the events of one plan, in commit order, the draft first.

        `spec` is the plan's content after them. Raises `StoreFormatError` if the events do not
        begin with a draft.
        """
        draft = events[0].event if events else None
        if not isinstance(draft, PlanDrafted):
            raise StoreFormatError("the events of a plan do not begin with its draft; run `check`")
        self.events = events
        self.draft = draft
        self.spec = spec
        self.plan = PlanStream.shell(draft.originator_id)
        self.steps: dict[StepPath, StepStory] = {}
        self.added: dict[StepPath, datetime] = {}
        """When revisions added steps, by their paths without iterations and cases."""
        self._alive = draft.timestamp
        """When the plan's owner last moved it."""
        for recorded in events:
            self._fold(recorded.event)

    @property
    def id(self) -> PlanId:
        """The plan's id."""
        return PlanId(self.plan.id)

    @property
    def position(self) -> int:
        """Position of the newest event."""
        return self.events[-1].position

    @property
    def until(self) -> datetime:
        """Time of the newest event."""
        return self.events[-1].event.timestamp

    @cached_property
    def places(self) -> list[Place]:
        """All steps that exist, in file order; after each the one that undoes it, if it does."""
        begun = [path for path in self.steps if self._has_begun(path) and not undone_path(path)]
        asked = self.plan.compensation.steps if self.plan.compensation else ()
        found = []
        for place in places(self.spec, begun):
            found.append(place)
            undo = undo_path(place.path)
            if place.path in asked or self._has_begun(undo):
                found += filter(None, [undoing(place)])
        return found

    @property
    def gone(self) -> list[Place]:
        """Steps that ran and that the plan no longer has, in the order of their first events."""
        return [place for place in self._past.values() if place is not None]

    @property
    def lost(self) -> list[StepPath]:
        """Steps that ran and that no content looked in so far has: `look_in` an earlier one."""
        return [path for path, place in self._past.items() if place is None]

    def look_in(self, earlier: PlanSpec) -> None:
        """Look for what is lost in a content that the plan had before; give the newest first."""
        lookup = StepLookup(earlier)
        self._past.update({path: _gone(path, lookup) for path in self.lost})

    @cached_property
    def _past(self) -> dict[StepPath, Place | None]:
        there = {place.path for place in self.places}
        lookup = StepLookup(self.spec)
        return {
            path: _gone(path, lookup)
            for path, story in self.steps.items()
            if story.bars and path not in there
        }

    @cached_property
    def statuses(self) -> dict[StepPath, StepStatus]:
        """The status of every step, `ready` and the steps that never started included."""
        found: dict[StepPath, StepStatus] = {}
        for place in self.places:
            found[place.path] = self._status(place, found)
        return found

    def undone(self, path: StepPath) -> bool:
        """Tell whether what a step did has been undone."""
        undo = self.step(undo_path(path))
        return undo is not None and undo.status is StepStatus.COMPLETED

    def step(self, path: StepPath) -> Step | None:
        """Return a step's aggregate, None if it never moved."""
        story = self.steps.get(path)
        return story.step if story else None

    def _fold(self, event: Event) -> None:
        path = path_of(event.originator_id)
        if path is not None:
            story = self.steps.get(path)
            if story is None:
                story = self.steps[path] = StepStory(Step.shell(event.originator_id))
            story.add(event)
        elif event.originator_id == self.plan.id:
            event.mutate(self.plan)
            if isinstance(event, OwnerChanged):
                self._cut_off(event)
        if not isinstance(event, RequestMade):
            self._alive = event.timestamp

    def _cut_off(self, change: OwnerChanged) -> None:
        """End the attempts that were under way when the last owner was seen last."""
        for path in change.interrupted:
            step = self.steps.get(StepPath(path))
            if step is not None:
                step.cut_off(self._alive)

    def _status(self, place: Place, found: dict[StepPath, StepStatus]) -> StepStatus:
        """Return what the step is, or what its plan, its container and its edges make of it."""
        step = self.step(place.path)
        if step is not None and step.status is not StepStatus.PENDING:
            return step.status
        if place.undoes is not None:
            return StepStatus.PENDING
        around = found[place.parent.path] if place.parent else StepStatus.RUNNING
        if self.plan.ended or around in ENDED:
            return StepStatus.SKIPPED
        begun = self.plan.started_at is not None and around is StepStatus.RUNNING
        return StepStatus.READY if begun and self._is_free(place) else StepStatus.PENDING

    def _has_begun(self, path: StepPath) -> bool:
        step = self.step(path)
        return step is not None and step.status is not StepStatus.PENDING

    def _is_free(self, place: Place) -> bool:
        """Tell whether all that the step waits for has ended."""
        waited = [self.step(path) for path in place.after]
        return all(step is not None and step.ended for step in waited)


def _gone(path: StepPath, lookup: StepLookup) -> Place | None:
    """Return a step as a content says that has it."""
    undone = undone_path(path)
    spec = lookup.find(undone or path)
    if spec is None:
        return None
    place = Place(undone or path, spec)
    return undoing(place) if undone else place
