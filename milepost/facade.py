"""`Milepost`: everything that a program does with plans, on one opened store."""

from __future__ import annotations

import getpass
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

import anyio

from milepost.adapters.workflow import check_inputs
from milepost.adapters.workflow.preparation import Preparation, Ready, Runnable
from milepost.adapters.workflow.published import Published, PublishedWorkflows
from milepost.domain.errors import OwnedElsewhereError, RefusedError, UnknownNameError
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanResult, PlanSpec
from milepost.domain.values import Json, canonical_bytes
from milepost.engine.coordinator import Coordinator, Draft, Watch
from milepost.engine.journal import Journal
from milepost.engine.replay import ReplayReport, replay
from milepost.engine.requests import Requests, is_unanswered, waits_for_answer
from milepost.engine.streaming import Chunk
from milepost.engine.world import World

from .reading import ReaderSource, Reading

_REFERENCE = re.compile(r"[^/\\{\n]+@(?!.*\.(?:ya?ml|json)$)[^@/\\\s]+")
"""`NAME@VERSION` of a published workflow, told apart from a file's name by its ending."""


class Milepost(Reading):
    """Starts, steers, reads and replays plans. Made by `milepost.open`."""

    def __init__(
        self,
        journal: Journal,
        coordinator: Coordinator,
        requests: Requests,
        preparation: Preparation,
        published: PublishedWorkflows,
        reader: ReaderSource,
        world: World,
    ) -> None:
        super().__init__(reader)
        self._journal = journal
        self._coordinator = coordinator
        self._requests = requests
        self._preparation = preparation
        self._published = published
        self._world = world

    async def run(
        self,
        plan: Runnable,
        *,
        inputs: Mapping[str, Json] | None = None,
        session: str | None = None,
        user: str | None = None,
        tags: tuple[str, ...] = (),
        trace: str | None = None,
        watch: Watch | None = None,
    ) -> PlanResult:
        """Carry a new plan out; return when it ended, or is paused and waits for a person.

        `plan` is a file, a text, a mapping, a built plan or `NAME@VERSION`. Cancelling the call
        cancels the plan, and the record says so. Raises `ValidationError` for what cannot run;
        then nothing is stored.
        """
        plan_id = await self.start(
            plan, inputs=inputs, session=session, user=user, tags=tags, trace=trace, watch=watch
        )
        try:
            result = await self.wait(plan_id)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._cancel_quietly(plan_id)
            raise
        self._coordinator.forget(PlanId(plan_id))
        return result

    async def start(
        self,
        plan: Runnable,
        *,
        inputs: Mapping[str, Json] | None = None,
        session: str | None = None,
        user: str | None = None,
        tags: tuple[str, ...] = (),
        trace: str | None = None,
        watch: Watch | None = None,
    ) -> str:
        """Begin a new plan and return its id once that is durable; it goes on by itself."""
        ready, workflow = await self._ready(plan)
        owner = ready.ownership
        draft = Draft(
            id=PlanId(ready.id) if ready.id else self._world.new_plan_id(),
            inputs=_plain(check_inputs(ready.prepared.spec, inputs or {})),
            session=session or owner.session,
            user=user or owner.user,
            tags=tags or owner.tags,
            workflow=workflow,
            trace=trace,
        )
        return await self._coordinator.start(ready.prepared, draft, watch)

    async def wait(self, plan_id: str) -> PlanResult:
        """Return what came of a plan: at once if it rests, else when it does."""
        return await self._coordinator.wait(PlanId(plan_id))

    async def stream(self, plan_id: str) -> AsyncIterator[Chunk]:
        """Yield the chunks of a plan that runs in this process, from now to its end."""
        actor = self._coordinator.actor(PlanId(plan_id))
        if actor is not None:
            async for chunk in actor.stream.chunks():
                yield chunk

    async def resume(
        self, plan_id: str | None = None, *, take_over: bool = False, watch: Watch | None = None
    ) -> list[PlanResult]:
        """Carry on one plan, or all that have not ended, after a pause or a crash.

        Returns what came of each. Plans that a living process owns are left to it, unless one is
        named and `take_over` is set; then that process may add nothing more to it.
        """
        if plan_id is not None:
            plan = PlanId(plan_id)
            await self._take_up(plan, take_over=take_over, watch=watch)
            return [await self._coordinator.wait(plan)]
        taken_up = []
        for plan in await self._journal.unfinished():
            with suppress(OwnedElsewhereError, RefusedError):
                await self._take_up(plan, take_over=False, watch=watch)
                taken_up.append(plan)
        return [await self._coordinator.wait(plan) for plan in taken_up]

    async def pause(self, plan_id: str, *, why: str = "", who: str | None = None) -> None:
        """Let no further step start; attempts under way go on to their end."""
        await self._ask(plan_id, "pause", why=why, who=who)

    async def cancel(self, plan_id: str, *, why: str = "", who: str | None = None) -> None:
        """Stop a plan for good; results of finished steps stay."""
        await self._ask(plan_id, "cancel", why=why, who=who)

    async def answer(
        self,
        plan_id: str,
        step: str,
        *,
        value: Json = None,
        outcome: str = "value",
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> None:
        """Answer a step that waits for a person; `watch` sees what follows if it happens here.

        For a step whose outcome is unknown, `outcome` may be `retry` or `fail` instead of a value.
        Raises `RefusedError` when no such step waits or the value does not fit its schema.
        """
        arguments: dict[str, Json] = {"step": step, "outcome": outcome}
        if outcome == "value":
            arguments["value"] = value
        elif outcome not in ("retry", "fail"):
            raise RefusedError(f"an outcome is value, retry or fail, not {outcome!r}")
        await self._ask(plan_id, "answer", arguments=arguments, why=why, who=who, watch=watch)

    async def replay(self, plan_id: str) -> ReplayReport:
        """Decide a plan's record again, without tools, models or network, and compare."""
        stored = await self._journal.plan_events(PlanId(plan_id))
        compiled = await self._coordinator.compiled(PlanId(plan_id), stored)
        return replay(plan_id, stored, compiled)

    async def publish(self, plan: Runnable, *, who: str | None = None) -> Published:
        """Register a workflow's version; the same version with other content is refused."""
        ready = self._preparation.prepare(plan)
        return await self._published.publish(ready.prepared, who=who or _me())

    async def workflow(self, reference: str) -> PlanSpec:
        """Return the content of `NAME@VERSION`; raise `UnknownNameError` if it is not published."""
        prepared, _reference = await self._published.find(reference)
        return prepared.spec

    async def _ready(self, plan: Runnable) -> tuple[Ready, str | None]:
        if isinstance(plan, str) and _REFERENCE.fullmatch(plan):
            prepared, reference = await self._published.find(plan)
            return self._preparation.published(prepared), reference
        return self._preparation.prepare(plan), None

    async def _take_up(self, plan: PlanId, *, take_over: bool, watch: Watch | None) -> None:
        """Have a plan carried on here, unless it is already."""
        actor = self._coordinator.actor(plan)
        if actor is not None:
            stream = actor.state.plan
            if stream.paused_at is not None and not stream.waiting:
                await self._ask(plan, "resume")
        else:
            found = await self._coordinator.find(plan)
            stream = found.state.plan
            asked = any(is_unanswered(one.event, stream) for one in found.stored)
            if stream.ended:
                raise RefusedError(f"plan {plan}: it is {stream.status}, nothing is left to do")
            if stream.waiting and not asked:
                raise RefusedError(waits_for_answer(stream))
            if stream.paused_at is not None and not asked:
                await self._ask(plan, "resume", watch=watch)
            else:
                await self._coordinator.attend(plan, take_over=take_over, watch=watch, found=found)

    async def _ask(
        self,
        plan_id: str,
        command: str,
        *,
        arguments: dict[str, Json] | None = None,
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> None:
        await self._requests.make(
            PlanId(plan_id), command, arguments=arguments, who=who or _me(), why=why, watch=watch
        )

    async def _cancel_quietly(self, plan_id: str) -> None:
        """Cancel a plan whose caller was cancelled; it may have ended meanwhile."""
        try:
            await self.cancel(plan_id, why="the caller was cancelled")
        except (RefusedError, UnknownNameError):
            return


def _plain(inputs: dict[str, Json]) -> dict[str, Json]:
    """Return the inputs; raise `ValidationError` for values that JSON cannot hold."""
    if inputs:
        canonical_bytes(inputs)
    return inputs


def _me() -> str:
    """Return the name of the person at the computer."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
