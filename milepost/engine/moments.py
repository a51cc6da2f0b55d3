"""Finding a moment of a plan's record: by checkpoint, position or event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.course import revisions_of
from milepost.domain.errors import RefusedError, UnknownNameError
from milepost.domain.events import Event, PlanDrafted, RequestMade
from milepost.domain.ids import PlanId, StepPath
from milepost.domain.nearest import suggestion

from .core.past import end_after, place_of
from .core.state import fold_plan
from .journal import Stored
from .records import Records


@dataclass(frozen=True, slots=True)
class Moment:
    """A plan right after an event; `before` holds the events up to it, itself included."""

    event: Event
    before: Sequence[Event]

    def fold(self) -> tuple[PlanStream, dict[StepPath, Step]]:
        """Return the plan and its steps as they were."""
        return fold_plan(self.before[0].originator_id, self.before)

    def ownership(self) -> dict[str, Any]:
        """Return inputs, session, user and tags of the plan, and the workflow it was of then."""
        first = self.before[0]
        if not isinstance(first, PlanDrafted):
            raise RefusedError(f"{first.originator_id} does not begin with a draft")
        return {
            "inputs": first.inputs,
            "session": first.session,
            "user": first.user,
            "tags": first.tags,
            "workflow": revisions_of(self.before)[-1].workflow,
        }


class Moments:
    """Reads plans' records up to a moment."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def events(self, plan: PlanId) -> list[Event]:
        """Return a plan's own events; raise `UnknownNameError` for a plan that is not there."""
        return [one.event for one in await self._own(plan)]

    async def checkpoints(self, plan: PlanId) -> dict[str, str]:
        """Return the id of the event of each checkpoint by its name."""
        return _checkpoints(plan, await self.events(plan))

    async def find(
        self, plan: PlanId, *, checkpoint: str | None = None, at: int | str | None = None
    ) -> Moment:
        """Return a moment; without `checkpoint` and `at` the present one.

        `at` is a global position (the plan's last event that is not after it) or an event's id.
        Raises `UnknownNameError` or `RefusedError` if there is no such moment.
        """
        if checkpoint is not None and at is not None:
            raise RefusedError("give a checkpoint or a position, not both")
        own = await self._own(plan)
        events = [one.event for one in own]
        if checkpoint is not None:
            at = _checkpoint(plan, events, checkpoint)
        if at is None:
            return Moment(events[-1], events)
        event = await self._at_position(plan, own, at) if isinstance(at, int) else at
        return _moment(plan, events, event)

    async def _at_position(self, plan: PlanId, own: Sequence[Stored], position: int) -> str:
        first = own[0].position
        if position < first:
            raise RefusedError(
                f"plan {plan} began at position {first}; {position} is before its first event"
            )
        last = await self._records.last_position()
        if position > last:
            raise RefusedError(f"there is no position {position} yet, the last one is {last}")
        return [one.event.id for one in own if one.position <= position][-1]

    async def _own(self, plan: PlanId) -> list[Stored]:
        stored = await self._records.of(plan)
        own = [one for one in stored if not isinstance(one.event, RequestMade)]
        if not own or not isinstance(own[0].event, PlanDrafted):
            raise UnknownNameError(f"there is no plan {plan!r}")
        return own


def _moment(plan: PlanId, events: Sequence[Event], event_id: str) -> Moment:
    try:
        place = place_of(events, event_id)
    except LookupError:
        raise UnknownNameError(
            f"plan {plan} has no event {event_id!r}; `milepost history {plan}` lists them"
        ) from None
    return Moment(events[place], events[: end_after(events, place)])


def _checkpoints(plan: PlanId, events: Sequence[Event]) -> dict[str, str]:
    own = (event for event in events if event.originator_id == plan)
    return PlanStream.folded(plan, own).checkpoints


def _checkpoint(plan: PlanId, events: Sequence[Event], name: str) -> str:
    known = _checkpoints(plan, events)
    if name not in known:
        mend = suggestion(name, known, kind="checkpoints")
        raise UnknownNameError(f"plan {plan} has no checkpoint {name!r}; {mend}")
    return known[name]
