"""Replay: fold a plan's record and decide it all again, touching nothing outside.

What came from outside (results, errors, requests, a new owner) is taken from the events; all
that the engine decided must come out again, in the same order and with the same fields.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from milepost.domain.aggregates import PlanStream
from milepost.domain.commands import is_noted
from milepost.domain.errors import MilepostError
from milepost.domain.events import Event, OwnerChanged, PlanDrafted, RequestMade, StepStarted
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .changes import needs_record
from .core import (
    Began,
    CompiledPlan,
    Forked,
    Inherited,
    Outcome,
    Planned,
    PlanningFailed,
    PlanState,
    Requested,
    decide,
)
from .core.bulk import in_bulk
from .core.cycles import removed_edge
from .core.derive import restore
from .journal import Stored
from .observe import inherited_by, observe
from .observe_planning import with_rest
from .saves import CHUNK

_OF_CONTENT = ("name", "version", "context")
"""What a draft repeats of its content."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event that does not follow; None in `expected` or `found` means no event."""

    position: int
    event_id: str
    expected: str | None
    found: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What replaying a plan came to."""

    plan_id: str
    events: int
    difference: Difference | None = None

    @property
    def equal(self) -> bool:
        """Whether every event followed from those before it."""
        return self.difference is None


@in_bulk
def replay(
    plan: str, stored: Sequence[Stored], contents: Mapping[ContentHash, CompiledPlan]
) -> ReplayReport:
    """Decide a plan's record again and report the first difference, if there is one.

    `contents` are the contents that the record names, by hash.
    """
    return _Replay(plan, stored, contents).report()


class _Replay:
    def __init__(
        self, plan: str, stored: Sequence[Stored], contents: Mapping[ContentHash, CompiledPlan]
    ) -> None:
        self.plan = plan
        self.contents = contents
        self.requests = {
            one.event.id: one.event for one in stored if isinstance(one.event, RequestMade)
        }
        self.own = [one for one in stored if not isinstance(one.event, RequestMade)]
        first = next(iter(contents.values()))
        self.state = PlanState(PlanStream.shell(plan), first)
        self.expected: deque[Event] = deque()

    def report(self) -> ReplayReport:
        for place, one in enumerate(self.own):
            try:
                difference = self._next(place, one)
            except MilepostError as error:
                difference = _difference(one, None, str(error))
            except Exception as error:  # noqa: BLE001 - a changed record may hold anything
                why = f"it cannot be decided about: {type(error).__name__}: {error}"
                difference = _difference(one, None, why)
            if difference is not None:
                return ReplayReport(self.plan, place, difference)
        after = self.own[-1].position + 1 if self.own else 1
        return ReplayReport(self.plan, len(self.own), self._left_over(after, len(self.own)))

    def _next(self, place: int, one: Stored) -> Difference | None:
        event = one.event
        if place == 0:
            return self._first(one)
        if event.timestamp < self.own[place - 1].event.timestamp:
            return _difference(one, None, "its time is before that of the event before it")
        if isinstance(event, OwnerChanged) or self._begins_note(event):
            if difference := self._left_over(one.position, place):
                return difference
            self.state = restore(self.plan, self._before(place), self.state.compiled)
            self.expected.clear()
        if not self.expected:
            outcome = observe(event, self.state, self.requests)
            if outcome is not None:
                furnish = _FURNISHED.get(outcome.__class__)
                outcome = furnish(self, outcome, place) if furnish is not None else outcome
                self.expected.extend(decide(self.state, outcome, event.timestamp))
        if not self.expected:
            return _difference(one, None, "nothing leads to this event")
        wanted = self.expected.popleft()
        return None if _same(wanted, event) else _difference(one, wanted, _unlike(wanted, event))

    def _begins_note(self, event: Event) -> bool:
        """Tell whether an event begins an answer to what is only noted, where others were due."""
        if not self.expected or self.expected[0].cause == event.cause:
            return False
        request = self.requests.get(event.cause)
        return request is not None and is_noted(request.command)

    def _first(self, one: Stored) -> Difference | None:
        if not isinstance(one.event, PlanDrafted):
            return _difference(one, None, "a plan begins with its draft")
        self.state.fold(one.event)
        self.state.compiled = self.contents[ContentHash(one.event.content)]
        spec = self.state.compiled.spec
        other = [name for name in _OF_CONTENT if getattr(one.event, name) != getattr(spec, name)]
        if other:
            return _difference(one, None, f"its content has another {' and '.join(other)}")
        return None

    def _before(self, place: int) -> list[Event]:
        return [earlier.event for earlier in self.own[:place]]

    def requested(self, outcome: Requested, place: int) -> Requested:
        if not needs_record(outcome.request):
            return outcome
        content = str(outcome.request.arguments.get("content"))
        compiled = self.contents.get(ContentHash(content))
        return outcome._replace(compiled=compiled, history=self._before(place))

    def began(self, outcome: Began, place: int) -> Began:
        edges = (removed_edge(one.event) for one in islice(self.own, place, None))
        decided = takewhile(lambda edge: edge is not None, edges)
        return outcome._replace(removed=tuple(decided))

    def planned(self, outcome: Planned | PlanningFailed, place: int) -> Planned | PlanningFailed:
        rest = (one.event for one in islice(self.own, place + 1, None))
        return with_rest(outcome, rest, self.contents)

    def forked(self, outcome: Forked, place: int) -> Forked:
        """Return the fork with what it took over; a skip after that may have been decided anew."""
        taken = self._inherited(place)
        possible = [outcome._replace(inherited=taken)]
        while taken and taken[-1].status is StepStatus.SKIPPED:
            taken = taken[:-1]
            possible.append(outcome._replace(inherited=taken))
        if len(possible) == 1:
            return possible[0]
        return next((fork for fork in possible if self._gives_the_record(fork, place)), possible[0])

    def _gives_the_record(self, fork: Forked, place: int) -> bool:
        own = self.own[place:]
        state = PlanState(PlanStream.shell(self.plan), self.state.compiled)
        for event in self._before(place):
            state.fold(event)
        decided = decide(state, fork, own[0].event.timestamp)
        return all(_same(wanted, one.event) for wanted, one in zip(decided, own, strict=False))

    def _inherited(self, place: int) -> tuple[Inherited, ...]:
        """Return what the fork at `place` took over, as the events right after it tell."""
        fork = self.own[place].event.id
        found = []
        for one in self.own[place + 1 :]:
            event = one.event
            if isinstance(event, StepStarted) and event.originator_version > 1:
                continue
            first = event.cause == fork and event.originator_version == 1
            taken = inherited_by(event) if first else None
            if taken is None:
                break
            found.append(taken)
        return tuple(found)

    def _left_over(self, position: int, place: int) -> Difference | None:
        """Return what should have been at a position; a fan-out cut by a crash is no fault."""
        if not self.expected:
            return None
        wanted = self.expected[0]
        if place >= CHUNK and isinstance(wanted, StepStarted) and wanted.attempt == 1:
            return None
        detail = "the record ends before this event"
        return Difference(position, wanted.id, _told(wanted), None, detail)


_FURNISHED: Mapping[type[Outcome], Callable[[_Replay, Any, int], Outcome]] = {
    Requested: _Replay.requested,
    Began: _Replay.began,
    Planned: _Replay.planned,
    PlanningFailed: _Replay.planned,
    Forked: _Replay.forked,
}
"""Adds to an outcome what the shell had added from the record, by the outcome's class."""


def _same(wanted: Event, found: Event) -> bool:
    if wanted.__class__ is not found.__class__:
        return False
    one, other = wanted.__dict__, found.__dict__
    return one == other or {**one, "timestamp": None} == {**other, "timestamp": None}


def _unlike(wanted: Event, found: Event) -> str:
    """Say which fields differ."""
    if wanted.__class__ is not found.__class__ or wanted.id != found.id:
        return "another event was decided here"
    one, other = wanted.__dict__, found.__dict__
    names = [name for name in one if name != "timestamp" and one[name] != other[name]]
    return "; ".join(f"{name}: {one[name]!r} expected, {other[name]!r} found" for name in names)


def _difference(one: Stored, wanted: Event | None, detail: str) -> Difference:
    return Difference(
        position=one.position,
        event_id=one.event.id,
        expected=_told(wanted) if wanted is not None else None,
        found=_told(one.event),
        detail=detail,
    )


def _told(event: Event) -> str:
    return f"{event.kind} {event.id}"
