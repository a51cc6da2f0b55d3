"""The coordinator: starts and takes over plans, and lets one actor carry each of them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Self

import anyio

from milepost.domain.aggregates import PlanStream
from milepost.domain.census import result_of
from milepost.domain.course import content_of
from milepost.domain.errors import MilepostError, StoreError, UnknownNameError
from milepost.domain.events import Event, PlanDrafted, ReplanBegun, RequestMade
from milepost.domain.ids import PlanId, StepPath
from milepost.domain.plans import PlanResult
from milepost.domain.values import ContentHash, Json

from .actor import PlanActor
from .attempt import Workshop
from .changes import Changes
from .core import (
    Began,
    CompiledPlan,
    Forked,
    Outcome,
    Planned,
    PlanningFailed,
    PlanState,
    Recovered,
    Requested,
    decide,
)
from .core.derive import restore
from .journal import Journal, Save, Stored
from .library import Library, Prepared
from .models import SchemaCheck
from .records import Records
from .replanner import Replanner
from .saves import chunks

Watch = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a plan is begun with besides its content."""

    id: PlanId
    inputs: dict[str, Json] = field(default_factory=dict)
    session: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    workflow: str | None = None
    trace: str | None = None
    breakpoints: tuple[str, ...] = ()
    removed: tuple[Json, ...] = ()
    """Edges that were left out of the content because they closed a cycle."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plan as it was read: its events and what they add up to."""

    position: int
    """The store's newest position before that."""
    stored: Sequence[Stored]
    state: PlanState


@dataclass(slots=True)
class _Running:
    """A plan that this process carries out, or carried out last."""

    actor: PlanActor
    rested: anyio.Event = field(default_factory=anyio.Event)
    error: MilepostError | None = None

    @property
    def may_be_outdated(self) -> bool:
        """Whether another process may have carried the plan on since it rested here."""
        return self.rested.is_set() and self.error is None and not self.actor.state.plan.ended


class Coordinator:
    """Owns the actors; `async with` it. All plans rest or are abandoned when it is left."""

    def __init__(
        self,
        journal: Journal,
        library: Library,
        shop: Workshop,
        *,
        check: SchemaCheck,
        replanner: Replanner,
    ) -> None:
        self._journal = journal
        self._library = library
        self._shop = shop
        self._check = check
        self._replanner = replanner
        self.records = Records(journal)
        self.changes = Changes(journal, self.records, library, shop.tools)
        self._running: dict[PlanId, _Running] = {}
        self._missed: dict[PlanId, list[RequestMade]] = {}
        self._door = anyio.Lock()
        """One plan at a time is attended to: two actors of one plan would fence each other off."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        self._tasks = await self._stack.enter_async_context(anyio.create_task_group())
        self._seen = await self._journal.last_position()
        self._tasks.start_soon(self._watch_requests)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._tasks.cancel_scope.cancel()
        await self._stack.aclose()

    async def start(self, prepared: Prepared, draft: Draft, watch: Watch | None = None) -> PlanId:
        """Store a new plan and begin it; return its id once that is durable."""
        return await self._begin(prepared, draft, Began(draft.removed), watch)

    async def start_fork(
        self, prepared: Prepared, draft: Draft, forked: Forked, watch: Watch | None = None
    ) -> PlanId:
        """Store a new plan that begins where another one stood; return its id."""
        return await self._begin(prepared, draft, forked, watch)

    async def _begin(
        self, prepared: Prepared, draft: Draft, outcome: Began | Forked, watch: Watch | None
    ) -> PlanId:
        state = PlanState(PlanStream.shell(draft.id), prepared.compiled)
        state.now = self._shop.world.clock.now()
        spec = prepared.spec
        state.record(
            PlanDrafted,
            content=prepared.content,
            name=spec.name,
            version=spec.version,
            workflow=draft.workflow,
            inputs=draft.inputs,
            context=spec.context,
            session=draft.session,
            user=draft.user,
            tags=draft.tags,
            trace=draft.trace,
            breakpoints=draft.breakpoints,
        )
        events = [*state.take(), *decide(state, outcome, state.now)]
        contents = {prepared.content: prepared.body, **state.contents}
        state.contents = {}
        first, *rest = chunks(events)
        save = Save(
            draft.id, first, new=True, contents=contents, release=state.plan.ended and not rest
        )
        with self._gathering(draft.id) as missed:
            await self._journal.append(save)
        shop, released = self._shop, save.release
        actor = PlanActor(
            state,
            1,
            self._journal,
            shop,
            released=released,
            watch=watch,
            furnish=self.changes.furnish,
            replan=self._replan,
        )
        for request in missed:
            actor.put(Requested(request))
        self._carry_out(actor, first, rest)
        return draft.id

    async def attend(
        self,
        plan: PlanId,
        *,
        take_over: bool = False,
        watch: Watch | None = None,
        found: Found | None = None,
    ) -> None:
        """Take over a plan that no living process owns, and carry it on.

        It is not read again if nothing was stored since it was `found`. Raises
        `UnknownNameError`, `OwnedElsewhereError`.
        """
        async with self._door:
            if self.actor(plan) is None:
                fence = await self._journal.claim(plan, take_over=take_over)
                with self._gathering(plan) as missed:
                    if found is None or found.position != await self._journal.last_position():
                        found = await self.find(plan)
                self._attend(found, missed, fence, watch)

    def _attend(
        self, found: Found, missed: Sequence[RequestMade], fence: int, watch: Watch | None
    ) -> None:
        actor = PlanActor(
            found.state,
            fence,
            self._journal,
            self._shop,
            watch=watch,
            furnish=self.changes.furnish,
            replan=self._replan,
        )
        events = [*(one.event for one in found.stored), *missed]
        for outcome in self._first_outcomes(found.state, events, fence):
            actor.put(outcome)
        self._carry_out(actor, (), ())

    @contextmanager
    def _gathering(self, plan: PlanId) -> Iterator[list[RequestMade]]:
        """Keep the requests that come while a plan's actor is not there yet."""
        missed = self._missed[plan] = []
        try:
            yield missed
        finally:
            self._missed.pop(plan, None)

    async def find(self, plan: PlanId) -> Found:
        """Return a plan as its events leave it; raise `UnknownNameError` if there is none."""
        position = await self._journal.last_position()
        stored = await self.records.of(plan)
        compiled = await self.compiled(plan, stored)
        return Found(position, stored, restore(plan, [one.event for one in stored], compiled))

    async def compiled(self, plan: PlanId, stored: Sequence[Stored]) -> CompiledPlan:
        """Return the content that a plan's events name; raise `UnknownNameError` without any."""
        if not stored:
            raise UnknownNameError(f"there is no plan {plan!r}")
        drafted = stored[0].event
        if not isinstance(drafted, PlanDrafted):
            raise UnknownNameError(f"{plan!r} is not a plan: it begins with {drafted.kind}")
        return await self.changes.content(ContentHash(content_of(one.event for one in stored)))

    async def wait(self, plan: PlanId) -> PlanResult:
        """Wait until a plan of this process ended or paused; return what came of it.

        Raises the `StoreError` that stopped the plan, if one did; once told, it is history, and
        the store says how the plan stands.
        """
        running = self._running.get(plan)
        if running is None or running.may_be_outdated:
            state = (await self.find(plan)).state
            return result_of(state.plan, state.compiled.spec, state.steps)
        await running.rested.wait()
        if running.error is not None:
            if self._running.get(plan) is running:
                del self._running[plan]
            raise running.error
        state = running.actor.state
        return result_of(state.plan, state.compiled.spec, state.steps)

    def actor(self, plan: PlanId) -> PlanActor | None:
        """Return the actor of a plan that this process carries out now."""
        running = self._running.get(plan)
        return None if running is None or running.rested.is_set() else running.actor

    def failure(self, plan: PlanId) -> MilepostError | None:
        """Return what stopped a plan of this process, None if nothing did."""
        running = self._running.get(plan)
        return running.error if running is not None else None

    def forget(self, plan: PlanId) -> None:
        """Drop a rested plan from memory; the store has it."""
        if self.actor(plan) is None:
            self._running.pop(plan, None)

    def _first_outcomes(
        self, state: PlanState, events: Sequence[Event], fence: int
    ) -> list[Outcome]:
        reason = "taken over" if state.busy else "resumed"
        outcomes: list[Outcome] = []
        if not state.plan.ended:
            interrupted = self._interrupted(state)
            owner = self._journal.owner
            outcomes.append(Recovered(owner, fence, reason, interrupted))
        for event in events:
            outcomes += self._request(state, event)
        return outcomes

    def _interrupted(self, state: PlanState) -> Mapping[StepPath, bool]:
        """Return the steps that were cut off, each with whether its tool may have written."""
        found: dict[StepPath, bool] = {}
        for path, instance in state.active.items():
            if instance.node.works and instance.is_running:
                tool = instance.node.spec.tool
                found[path] = tool is not None and self.changes.may_write(tool)
        return found

    def _request(self, state: PlanState, event: Event) -> list[Requested]:
        if not isinstance(event, RequestMade):
            return []
        if event.originator_version <= state.plan.handled_requests:
            return []
        return [Requested(event, self._problem(state, event))]

    def _problem(self, state: PlanState, request: RequestMade) -> str | None:
        """Return why the value of an answer does not fit the question, if it does not."""
        given = request.arguments
        instance = state.instances.get(StepPath(str(given.get("step"))))
        question = instance.step.question if instance is not None else None
        if question is None or question.answer_schema is None:
            return None
        by_value = request.command == "answer" and given.get("outcome", "value") == "value"
        return self._check(given.get("value"), question.answer_schema) if by_value else None

    async def _replan(self, state: PlanState, begun: ReplanBegun) -> Planned | PlanningFailed:
        stored = await self.records.of(PlanId(state.id))
        return await self._replanner.answer(state, begun, [one.event for one in stored])

    def _carry_out(
        self, actor: PlanActor, durable: Sequence[Event], rest: Sequence[Sequence[Event]]
    ) -> None:
        running = self._running[actor.id] = _Running(actor)
        self._tasks.start_soon(self._run, running, durable, rest)

    async def _run(
        self, running: _Running, durable: Sequence[Event], rest: Sequence[Sequence[Event]]
    ) -> None:
        try:
            await running.actor.run(durable, rest)
        except* MilepostError as group:
            running.error = _first(group)
        finally:
            running.rested.set()

    async def _watch_requests(self) -> None:
        """Hand requests to the actors of the plans that they are for."""
        while True:
            for one in await self._journal.next_requests(self._seen):
                self._seen = one.position
                event = one.event
                if not isinstance(event, RequestMade):
                    continue
                plan = PlanId(event.originator_id.partition("!")[0])
                actor = self.actor(plan)
                if actor is not None:
                    actor.put(Requested(event, self._problem(actor.state, event)))
                elif plan in self._missed:
                    self._missed[plan].append(event)


def _first(group: BaseExceptionGroup[MilepostError]) -> MilepostError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, MilepostError) else StoreError(str(error))
