"""The coordinator: starts and takes over plans, and lets one actor carry each of them out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Self

import anyio

from milepost.domain.census import result_of
from milepost.domain.commands import is_noted
from milepost.domain.course import content_of
from milepost.domain.errors import (
    EquipmentError,
    FenceError,
    MilepostError,
    UnknownNameError,
)
from milepost.domain.events import Event, PlanDrafted, ReplanBegun, RequestMade
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanResult
from milepost.domain.values import ContentHash

from .actor import PlanActor
from .attempt import Workshop
from .changes import Changes
from .core import (
    Began,
    CompiledPlan,
    Forked,
    Planned,
    PlanningFailed,
    PlanState,
    Requested,
    decide,
)
from .core.derive import restore
from .deliveries import Deliveries
from .drafting import Draft, drafted
from .forks import refuse_unfit
from .journal import Journal, Save, Stored
from .library import Library, Prepared
from .models import SchemaCheck
from .reception import Reception
from .records import Records
from .replanner import Replanner
from .running import Running
from .saves import chunks
from .supplies import Supplies
from .unbroken import unbroken

Watch = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A plan as it was read: its events and what they add up to."""

    position: int
    """The store's newest position before that."""
    stored: Sequence[Stored]
    state: PlanState


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
        self._replanner = replanner
        self.records = Records(journal)
        self.changes = Changes(journal, self.records, library, shop.tools)
        self._reception = Reception(journal.owner, check, self.changes)
        self._supplies = Supplies(shop, self.changes)
        self._deliveries = Deliveries(journal, self._reception, self.actor)
        self._running: dict[PlanId, Running] = {}
        self._door = anyio.Lock()
        """One plan at a time is attended to: two actors of one plan would fence each other off."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        self._tasks = await self._stack.enter_async_context(anyio.create_task_group())
        self._tasks.start_soon(self._deliveries.deliver, await self._journal.last_position())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._tasks.cancel_scope.cancel()
        await self._stack.aclose()

    async def run(self, prepared: Prepared, draft: Draft, watch: Watch | None = None) -> PlanResult:
        """Store a new plan and carry it out; return what came of it."""
        return await self._result(await self._begin(prepared, draft, Began(draft.removed), watch))

    async def start(self, prepared: Prepared, draft: Draft, watch: Watch | None = None) -> PlanId:
        """Store a new plan and begin it; return its id once that is durable."""
        await self._begin(prepared, draft, Began(draft.removed), watch)
        return draft.id

    async def start_fork(
        self, prepared: Prepared, draft: Draft, forked: Forked, watch: Watch | None = None
    ) -> PlanId:
        """Store a new plan that begins where another one stood; return its id."""
        await self._begin(prepared, draft, forked, watch)
        return draft.id

    async def _begin(
        self, prepared: Prepared, draft: Draft, outcome: Began | Forked, watch: Watch | None
    ) -> Running:
        state = drafted(prepared, draft, self._shop.world.clock.now())
        events = [*state.take(), *decide(state, outcome, state.now)]
        if isinstance(outcome, Forked):
            refuse_unfit(state, outcome)
        told_of = outcome.parent if isinstance(outcome, Forked) else prepared.spec.name or draft.id
        self._supplies.require(state, told_of=told_of)
        contents = {prepared.content: prepared.body, **state.contents}
        state.contents = {}
        first, *rest = chunks(events)
        save = Save(
            draft.id, first, new=True, contents=contents, release=state.plan.ended and not rest
        )
        with self._deliveries.gathering(draft.id) as missed:

            def begin(_position: int) -> Running:
                actor = self._actor(state, 1, watch, released=save.release)
                for request in missed:
                    actor.put(Requested(request))
                return self._carry_out(actor, first, rest)

            return await unbroken(self._tasks, partial(self._journal.append, save), begin)

    async def attend(
        self,
        plan: PlanId,
        *,
        take_over: bool = False,
        watch: Watch | None = None,
        found: Found | None = None,
        noting: bool = False,
    ) -> None:
        """Take over a plan that no living process owns, and carry it on.

        It is not read again if nothing was stored since it was `found`. With `noting`, a plan that
        is asked for nothing but what is only noted is given up again instead. Raises
        `UnknownNameError`, `OwnedElsewhereError`, and `EquipmentError` if a tool is lacking.
        """
        async with self._door:
            if take_over and self.actor(plan) is not None:
                await self._stop_displaced(plan)
            if self.actor(plan) is None:
                claim = partial(self._journal.claim, plan, take_over=take_over)
                await self._take_up(plan, claim, watch, found, noting=noting)

    async def _take_up(
        self,
        plan: PlanId,
        claim: Callable[[], Awaitable[int]],
        watch: Watch | None,
        found: Found | None,
        *,
        noting: bool,
    ) -> None:
        """Claim a plan and carry it on, or give it up again."""
        with self._deliveries.gathering(plan) as missed:

            async def claimed() -> tuple[Found, int] | None:
                fence = await claim()
                try:
                    return await self._equipped(plan, found, missed, fence, noting=noting)
                except BaseException:
                    await self._journal.release(plan)
                    raise

            def go_on(ready: tuple[Found, int] | None) -> None:
                if ready is not None:
                    self._attend(ready[0], missed, ready[1], watch)

            await unbroken(self._tasks, claimed, go_on)

    async def _equipped(
        self,
        plan: PlanId,
        found: Found | None,
        missed: Sequence[RequestMade],
        fence: int,
        *,
        noting: bool,
    ) -> tuple[Found, int] | None:
        """Return a claimed plan as it is to be carried on, None if there was only to be noted.

        Raises `EquipmentError` if a tool or model is lacking.
        """
        if found is None or found.position != await self._journal.last_position():
            found = await self.find(plan)
        if noting and await self._note(found, missed, fence):
            return None
        problem = await self._supplies.problem(found)
        if problem is not None:
            raise EquipmentError(problem)
        return found, fence

    async def _stop_displaced(self, plan: PlanId) -> None:
        """Stop carrying a plan out that another process has taken over."""
        running = self._running.get(plan)
        if running is not None and await self._journal.owned_elsewhere(plan):
            running.displace()
            await running.rested.wait()
            self._drop(running)

    async def require_supplies(
        self, found: Found, asked: RequestMade | None = None, *, take_over: bool = False
    ) -> None:
        """Raise `EquipmentError` if the plan would lack a tool or model when carried on here.

        A plan that this process or another living one carries on lacks nothing here.
        """
        plan = PlanId(found.state.id)
        problem = await self._supplies.problem(found, asked) if self.actor(plan) is None else None
        if problem and (take_over or not await self._journal.owned_elsewhere(plan)):
            raise EquipmentError(problem)

    def _attend(
        self, found: Found, missed: Sequence[RequestMade], fence: int, watch: Watch | None
    ) -> None:
        actor = self._actor(found.state, fence, watch)
        events = [*(one.event for one in found.stored), *missed]
        for outcome in self._reception.first(found.state, events, fence):
            actor.put(outcome)
        self._carry_out(actor, (), ())

    def _actor(
        self, state: PlanState, fence: int, watch: Watch | None, *, released: bool = False
    ) -> PlanActor:
        return PlanActor(
            state,
            fence,
            self._journal,
            self._shop,
            released=released,
            watch=watch,
            furnish=self.changes.furnish,
            replan=self._replan,
        )

    async def _note(self, found: Found, missed: Sequence[RequestMade], fence: int) -> bool:
        """Answer what is asked of a plan and give it up, if all of that is only noted."""
        state = found.state
        events = [*(one.event for one in found.stored), *missed]
        asked = [request for event in events for request in self._reception.requested(state, event)]
        if not asked or not all(is_noted(one.request.command) for one in asked):
            return False
        now = max(self._shop.world.clock.now(), state.now)
        answers = [event for one in asked for event in decide(state, one, now)]
        plan, contents = PlanId(state.id), state.contents
        save = Save(plan, answers, fence=fence, release=True, contents=contents)
        await self._journal.append(save)
        return True

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
        if running is None:
            state = (await self.find(plan)).state
            return result_of(state.plan, state.compiled.spec, state.steps)
        return await self._result(running)

    async def _result(self, running: Running) -> PlanResult:
        try:
            return await running.result()
        finally:
            if running.rested.is_set():
                self._drop(running)

    def _drop(self, running: Running) -> None:
        plan = running.actor.id
        if self._running.get(plan) is running:
            del self._running[plan]

    def actor(self, plan: PlanId) -> PlanActor | None:
        """Return the actor of a plan that this process carries out now."""
        running = self._running.get(plan)
        return None if running is None or running.rested.is_set() else running.actor

    def failure(self, plan: PlanId) -> MilepostError | None:
        """Return what stopped a plan of this process, None if nothing did."""
        running = self._running.get(plan)
        return running.error if running is not None else None

    async def _replan(self, state: PlanState, begun: ReplanBegun) -> Planned | PlanningFailed:
        stored = await self.records.of(PlanId(state.id))
        return await self._replanner.answer(state, begun, [one.event for one in stored])

    def _carry_out(
        self, actor: PlanActor, durable: Sequence[Event], rest: Sequence[Sequence[Event]]
    ) -> Running:
        running = self._running[actor.id] = Running(actor)
        self._tasks.start_soon(self._see_through, running, durable, rest)
        return running

    async def _see_through(
        self, running: Running, durable: Sequence[Event], rest: Sequence[Sequence[Event]]
    ) -> None:
        """Carry a plan out; give it up if something stopped it that was not another owner."""
        plan = running.actor.id
        try:
            await running.carry_out(durable, rest)
            if running.error is None:
                self._drop(running)
            elif not isinstance(running.error, FenceError):
                await self._journal.release(plan)
        finally:
            running.rested.set()
