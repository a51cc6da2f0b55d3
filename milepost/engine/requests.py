"""Asking for a change of a plan: stored as a request, carried out by whoever owns the plan."""

from __future__ import annotations

import anyio

from milepost.domain.aggregates import PlanStream
from milepost.domain.errors import (
    IllegalTransitionError,
    OwnedElsewhereError,
    RefusedError,
    VersionConflictError,
)
from milepost.domain.events import Event, RequestAnswered, RequestMade, Waiting
from milepost.domain.ids import EventId, PlanId, StepPath, event_id, request_stream
from milepost.domain.lifecycles import PLAN
from milepost.domain.values import Json, canonical_bytes

from .coordinator import Coordinator, Watch
from .core import PlanState
from .journal import Journal, Save
from .models import SchemaCheck
from .world import World

_TRIES = 20
_PATIENCE = 0.02
_LONGEST_PATIENCE = 0.25


def is_unanswered(event: Event, plan: PlanStream) -> bool:
    """Tell whether an event is a request that the plan has not answered."""
    return isinstance(event, RequestMade) and event.originator_version > plan.handled_requests


def waits_for_answer(plan: PlanStream) -> str:
    """Say what a plan waits for and how to give it."""
    return (
        f"plan {plan.id}: it waits for an answer to {', '.join(plan.waiting)}; "
        f"give one with `milepost answer {plan.id} {plan.waiting[0]} --value JSON`"
    )


class Requests:
    """Makes requests, after checking that they can be carried out as things stand."""

    def __init__(
        self, journal: Journal, coordinator: Coordinator, world: World, check: SchemaCheck
    ) -> None:
        self._journal = journal
        self._coordinator = coordinator
        self._world = world
        self._check = check

    async def make(
        self,
        plan: PlanId,
        command: str,
        *,
        arguments: dict[str, Json] | None = None,
        who: str,
        why: str = "",
        watch: Watch | None = None,
    ) -> None:
        """Have a command carried out; return once the plan's own events answer it.

        `watch` sees the plan's events if this process is the one that carries it on.

        Raises `IllegalTransitionError` or `RefusedError` (nothing is stored) when the plan's state
        does not allow it, `UnknownNameError` for an unknown plan.
        """
        given = arguments or {}
        canonical_bytes(given)
        state = await self._state(plan)
        self._refuse_early(state, command, given)
        request = await self._store(plan, command, given, who=who, why=why)
        if self._coordinator.actor(plan) is None:
            await self._attend(plan, watch)
        await self._answered(plan, request, watch)

    async def _state(self, plan: PlanId) -> PlanState:
        return (await self._coordinator.find(plan)).state

    def _refuse_early(self, state: PlanState, command: str, given: dict[str, Json]) -> None:
        if command != "answer":
            if not PLAN.allows(command, state.plan.status):
                what = f"plan {state.id}"
                raise IllegalTransitionError(what, state=state.plan.status, trigger=command)
            if command == "resume" and state.plan.waiting:
                raise RefusedError(waits_for_answer(state.plan))
            return
        path = StepPath(str(given.get("step", "")))
        if path not in state.asking:
            waiting = ", ".join(state.asking) or "no step"
            raise RefusedError(
                f"plan {state.id}: step {path!r} does not wait for an answer; {waiting} does"
            )
        self._refuse_answer(state, path, given)

    def _refuse_answer(self, state: PlanState, path: StepPath, given: dict[str, Json]) -> None:
        step = state.steps[path]
        if given.get("outcome", "value") != "value" and step.waiting is not Waiting.UNKNOWN:
            raise RefusedError(f"step {path!r} asks a person for a value; answer with one")
        schema = step.question.answer_schema if step.question else None
        problem = self._check(given.get("value"), schema) if schema is not None else None
        if problem is not None:
            raise RefusedError(f"the answer to step {path!r} does not fit: {problem}")

    async def _store(
        self, plan: PlanId, command: str, given: dict[str, Json], *, who: str, why: str
    ) -> EventId:
        stream = request_stream(plan)
        for _try in range(_TRIES):
            version = await self._journal.stream_version(stream)
            request = RequestMade(
                originator_id=stream,
                originator_version=version + 1,
                timestamp=self._world.clock.now(),
                cause=event_id(plan, 1),
                actor=who,
                command=command,
                arguments=given,
                why=why,
            )
            try:
                await self._journal.append(Save(plan, [request]))
            except VersionConflictError:
                continue
            return event_id(stream, version + 1)
        raise RefusedError(f"plan {plan}: too many requests at once; try again")

    async def _attend(self, plan: PlanId, watch: Watch | None) -> None:
        """Carry the plan on here, unless a living process does."""
        try:
            await self._coordinator.attend(plan, watch=watch)
        except OwnedElsewhereError:
            return

    async def _answered(self, plan: PlanId, request: EventId, watch: Watch | None) -> None:
        """Wait for the owner's answer; raise `RefusedError` if it is no."""
        patience = _PATIENCE
        while True:
            answer = await self._find_answer(plan, request)
            if answer is not None:
                if not answer.accepted:
                    raise RefusedError(f"plan {plan}: {answer.why}")
                return
            await anyio.sleep(patience)
            patience = min(patience * 2, _LONGEST_PATIENCE)
            if self._coordinator.actor(plan) is None:
                await self._attend(plan, watch)

    async def _find_answer(self, plan: PlanId, request: EventId) -> RequestAnswered | None:
        for one in await self._journal.plan_events(plan):
            event = one.event
            if isinstance(event, RequestAnswered) and event.cause == request:
                return event
        return None
