"""Asking for a change of a plan: stored as a request, carried out by whoever owns the plan."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from math import inf
from types import MappingProxyType

import anyio

from milepost.domain.aggregates import PlanStream
from milepost.domain.commands import COMMANDS, Command, arguments_of, is_noted, reshapes
from milepost.domain.errors import (
    FenceError,
    IllegalTransitionError,
    OwnedElsewhereError,
    RefusedError,
    VersionConflictError,
)
from milepost.domain.events import Event, RequestAnswered, RequestMade, Waiting
from milepost.domain.ids import EventId, PlanId, StepPath, event_id, plan_of, request_stream
from milepost.domain.lifecycles import PLAN
from milepost.domain.path_names import meant_path
from milepost.domain.values import ContentHash, Json, canonical_bytes

from .coordinator import Coordinator, Watch
from .core import PlanState
from .journal import Journal, Save, Stored
from .models import SchemaCheck
from .world import World

_LOG = logging.getLogger(__name__)
_NAMING = frozenset({"answer", "recover", "replan", "compensate", "revise"})
_STEPS = frozenset({"step", "steps", "again"})
_TRIES = 20
_NOTHING: Mapping[ContentHash, bytes] = MappingProxyType({})
_PATIENCE = 0.02
_LONGEST_PATIENCE = 0.25
_SILENCE = 2.0
"""Seconds after which a living owner that has not answered is told of."""


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
        contents: Mapping[ContentHash, bytes] = _NOTHING,
    ) -> EventId:
        """Have a command carried out; return the request's id once the plan's events answer it.

        An owner elsewhere that is long in answering is told of by a warning in the log.

        `contents` are bodies that the arguments address by hash.

        `watch` sees the plan's events if this process is the one that carries it on.

        Raises `IllegalTransitionError` or `RefusedError` (nothing is stored) when the plan's state
        does not allow it, `UnknownNameError` for an unknown plan.
        """
        canonical_bytes(arguments or {})
        found = await self._coordinator.find(plan)
        given = _with_paths(command, arguments or {}, found.state)
        if reshapes(command):
            given = given | {"seen": found.state.last}
        like = dict.fromkeys(contents, ContentHash(found.state.plan.content))
        request = self._request(plan, command, given, who=who, why=why)
        if command not in COMMANDS:
            self._refuse_early(found.state, command, given)
        await self._coordinator.require_supplies(found, request)
        if command in COMMANDS:
            await self._try_out(found.state, request, found.stored)
        event = await self._store(request, contents, like)
        if self._coordinator.actor(plan) is None:
            await self._attend(plan, watch, noting=is_noted(command))
        await self._answered(plan, event, watch)
        return event

    async def effects_of(
        self, plan: PlanId, name: str, command: Command, *, who: str
    ) -> list[StepPath]:
        """Return the finished steps with effects that a command would take back."""
        found = await self._coordinator.find(plan)
        given = _with_paths(name, arguments_of(command), found.state)
        request = self._request(plan, name, given, who=who, why="")
        await self._coordinator.require_supplies(found, request)
        now = max(self._world.clock.now(), found.state.now)
        changes = self._coordinator.changes
        return await changes.effects_taken_back(found.state, request, found.stored, now)

    def _request(
        self, plan: PlanId, command: str, given: dict[str, Json], *, who: str, why: str
    ) -> RequestMade:
        return RequestMade(
            originator_id=request_stream(plan),
            originator_version=sys.maxsize,
            timestamp=self._world.clock.now(),
            cause=event_id(plan, 1),
            actor=who,
            command=command,
            arguments=given,
            why=why,
        )

    async def _try_out(
        self, state: PlanState, request: RequestMade, stored: Sequence[Stored]
    ) -> None:
        """Raise `RefusedError` if the plan would refuse what is asked as things stand."""
        now = max(self._world.clock.now(), state.now)
        problem = await self._coordinator.changes.try_out(state, request, stored, now)
        if problem is not None:
            raise RefusedError(f"plan {state.id}: {problem}")

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
        self,
        request: RequestMade,
        contents: Mapping[ContentHash, bytes],
        like: Mapping[ContentHash, ContentHash],
    ) -> EventId:
        stream = request.originator_id
        plan = plan_of(stream)
        for _try in range(_TRIES):
            version = await self._journal.stream_version(stream) + 1
            numbered = request.model_copy(update={"originator_version": version})
            try:
                await self._journal.append(Save(plan, [numbered], contents=contents, like=like))
            except VersionConflictError:
                continue
            return event_id(stream, version)
        raise RefusedError(f"plan {plan}: too many requests at once; try again")

    async def _attend(
        self, plan: PlanId, watch: Watch | None, *, noting: bool = False
    ) -> OwnedElsewhereError | None:
        """Carry the plan on here, unless a living process does; then return that."""
        try:
            await self._coordinator.attend(plan, watch=watch, noting=noting)
        except OwnedElsewhereError as elsewhere:
            return elsewhere
        return None

    async def _answered(self, plan: PlanId, request: EventId, watch: Watch | None) -> None:
        """Wait for the owner's answer; raise `RefusedError` if it is no.

        What stopped the plan in this process is raised, too: it would stop it again.
        """
        patience = _PATIENCE
        too_long = anyio.current_time() + _SILENCE
        while True:
            is_here = self._coordinator.actor(plan) is not None
            answer = await self._find_answer(plan, request)
            if answer is not None:
                if not answer.accepted:
                    raise RefusedError(f"plan {plan}: {answer.why}")
                return
            if not is_here:
                failure = self._coordinator.failure(plan)
                if failure is not None and not isinstance(failure, FenceError):
                    raise failure
                elsewhere = await self._attend(plan, watch)
                if elsewhere is not None and anyio.current_time() >= too_long:
                    _LOG.warning("no answer yet: %s", elsewhere)
                    too_long = inf
            await anyio.sleep(patience)
            patience = min(patience * 2, _LONGEST_PATIENCE)

    async def _find_answer(self, plan: PlanId, request: EventId) -> RequestAnswered | None:
        for one in reversed(await self._coordinator.records.of(plan)):
            event = one.event
            if isinstance(event, RequestAnswered) and event.cause == request:
                return event
        return None


def _with_paths(command: str, given: dict[str, Json], state: PlanState) -> dict[str, Json]:
    """Return a command's arguments with the whole paths of the steps that they name."""
    if command not in _NAMING:
        return given
    known = state.asking if command == "answer" else state.steps
    return given | {
        name: list(dict.fromkeys(meant_path(str(one), known) for one in value))
        if isinstance(value, list)
        else meant_path(str(value), known)
        for name, value in given.items()
        if name in _STEPS and value is not None
    }
