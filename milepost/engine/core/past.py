"""Which events of a plan's record belong together, so that no moment is half of something.

What a completed step writes to the context belongs to its completion; what a change of course
resets and adopts belongs to the change; a container's new attempt includes the resets below it,
and a branch's choice the skipping of the other cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.events import (
    ContextChanged,
    DecisionRecorded,
    Event,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    StepAdopted,
    StepCompleted,
    StepReset,
    StepStarted,
)
from milepost.domain.ids import StepPath, owner_of, path_of, stream_of, undone_path
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanSpec, walk
from milepost.domain.steps import StepKind, StepStatus

from .state import fold_plan

_GATHERS = (
    PlanForked | PlanRecovered | PlanRestored | PlanRevised | PlanRolledBack | DecisionRecorded
)
_GIVES_RESULT = (StepCompleted, StepAdopted)
_UNDER_WAY = frozenset({StepStatus.RUNNING, StepStatus.SUSPENDED, StepStatus.RETRYING})


class Past(NamedTuple):
    """A plan as it was right after an event."""

    before: Sequence[Event]
    plan: PlanStream
    steps: Mapping[StepPath, Step]
    stopping: frozenset[StepPath]
    """Steps that were cancelled while what they are in had not ended yet."""
    undecided: frozenset[StepPath]
    """Branches that were under way and had not chosen a case."""

    def ended(self, path: StepPath) -> bool:
        """Tell whether a step had ended for good."""
        step = self.steps.get(path)
        return step is not None and step.ended and path not in self.stopping

    def under_way(self, path: StepPath) -> bool:
        """Tell whether a container of that path had begun, and was to go on as it had."""
        step = self.steps.get(path)
        return step is not None and step.status in _UNDER_WAY and path not in self.undecided

    def undone(self) -> list[StepPath]:
        """Return the steps that had been undone and had not run again since."""
        undoing = ((undone_path(path), step.status) for path, step in self.steps.items())
        return [path for path, status in undoing if path and status is StepStatus.COMPLETED]

    def completed(self) -> list[StepPath]:
        """Return the steps that had a result, in the order in which they came by it."""
        found: dict[StepPath, None] = {}
        for event in self.before:
            path = path_of(event.originator_id) if isinstance(event, _GIVES_RESULT) else None
            if path is not None:
                found.pop(path, None)
                found[path] = None
        return [path for path in found if self.steps[path].status is StepStatus.COMPLETED]


def past_at(history: Sequence[Event], at: str, content: PlanSpec) -> Past:
    """Return the plan as of an event, when it had that content.

    Raises `LookupError` if the event is not in the record.
    """
    before = history[: end_of(history, at)]
    plan, steps = fold_plan(history[0].originator_id, before)
    undecided = _undecided(before, steps, content)
    return Past(before, plan, steps, _stopping(plan, steps), undecided)


def end_of(history: Sequence[Event], event_id: str) -> int:
    """Return how many events there are up to the moment of an event, itself included.

    Raises `LookupError` if the event is not there.
    """
    return end_after(history, place_of(history, event_id))


def place_of(history: Sequence[Event], event_id: str) -> int:
    """Return where an event stands; raise `LookupError` if it is not there."""
    stream = stream_of(event_id)
    for place, event in enumerate(history):
        if event.originator_id == stream and event.id == event_id:
            return place
    raise LookupError(f"there is no event {event_id!r}")


def places_of(history: Sequence[Event]) -> dict[str, int]:
    """Return where each event stands, by its id."""
    return {event.id: place for place, event in enumerate(history)}


def end_after(history: Sequence[Event], place: int) -> int:
    """Return where the moment ends that the event at `place` belongs to."""
    gathering = _gathering(history, place)
    end = place + 1
    while end < len(history) and _continues(history[end], history[end - 1], gathering):
        end += 1
    return end


def _gathering(history: Sequence[Event], place: int) -> str:
    """Return the id of the event that the one at `place` is a part of, its own if it is whole."""
    event = history[place]
    if isinstance(event, _GATHERS):
        return event.id
    for earlier in reversed(history[:place]):
        if earlier.id == event.cause:
            return earlier.id if isinstance(earlier, _GATHERS) else ""
    return ""


def _continues(event: Event, before: Event, gathering: str) -> bool:
    if path_of(event.originator_id) is not None and event.cause == gathering:
        return True
    if isinstance(event, StepStarted):
        return isinstance(before, StepReset) and event.cause == before.id
    return isinstance(event, ContextChanged | StepReset) and event.cause == before.id


def _stopping(plan: PlanStream, steps: Mapping[StepPath, Step]) -> frozenset[StepPath]:
    found: set[StepPath] = set()
    for path in sorted(steps, key=len):
        if steps[path].status is not StepStatus.CANCELLED or undone_path(path) is not None:
            continue
        owner = owner_of(path)
        above = steps.get(owner) if owner is not None else plan
        if above is None or not above.ended or owner in found:
            found.add(path)
    return frozenset(found)


def _undecided(
    history: Sequence[Event], steps: Mapping[StepPath, Step], content: PlanSpec
) -> frozenset[StepPath]:
    """Return the branches that are under way and have not chosen a case."""
    if all(step.kind is not StepKind.BRANCH for step in walk(content.steps)):
        return frozenset()
    specs = StepLookup(content)
    return frozenset(
        path
        for path in _without_choice(history)
        if steps[path].status in _UNDER_WAY
        and (spec := specs.find(path)) is not None
        and spec.kind is StepKind.BRANCH
    )


def _without_choice(history: Sequence[Event]) -> set[StepPath]:
    """Return the steps without a choice since they started; going on as before is no start."""
    found: set[StepPath] = set()
    goes_on: set[str] = set()
    for event in history:
        path = path_of(event.originator_id)
        if isinstance(event, PlanRestored) or (
            isinstance(event, StepReset) and event.originator_version == 1
        ):
            goes_on.add(event.id)
        elif isinstance(event, StepStarted) and path is not None and event.cause not in goes_on:
            found.add(path)
        elif isinstance(event, DecisionRecorded) and event.what == "branch":
            found.discard(StepPath(event.step or ""))
    return found
