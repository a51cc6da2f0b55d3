"""`Milepost`: everything that a program does with plans, on one opened store."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import anyio

from milepost.adapters.workflow import check_inputs
from milepost.adapters.workflow.preparation import Runnable
from milepost.adapters.workflow.published import Published
from milepost.domain.aggregates import PlanStream
from milepost.domain.errors import (
    EquipmentError,
    FenceError,
    MilepostError,
    OwnedElsewhereError,
    RefusedError,
    StoreError,
    StoreFormatError,
)
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanResult, PlanSpec, PlanStatus
from milepost.domain.values import Json, canonical_bytes
from milepost.engine.coordinator import Watch
from milepost.engine.drafting import Draft
from milepost.engine.library import Prepared
from milepost.engine.requests import is_unanswered, waits_for_answer
from milepost.engine.streaming import Chunk

from .people import me
from .travel import Travelling
from .travel.checkpointing import check_steps

_LOG = logging.getLogger(__name__)
_FAREWELL = 5.0
"""Seconds that a cancelled caller waits for its plan to be cancelled, too."""


@dataclass(frozen=True, slots=True)
class ResumedAll:
    """What carrying on all plans came to."""

    results: tuple[PlanResult, ...]
    left: dict[PlanId, MilepostError]
    """Plans that cannot be carried on, or no further, each with the reason."""


class Milepost(Travelling):
    """Starts, steers, reads and replays plans. Made by `milepost.open`."""

    async def run(  # noqa: PLR0913 - each is given by its name
        self,
        plan: Runnable,
        *,
        inputs: Mapping[str, Json] | None = None,
        session: str | None = None,
        user: str | None = None,
        tags: tuple[str, ...] = (),
        trace: str | None = None,
        breakpoints: Sequence[str] = (),
        remove_cycles: bool = False,
        watch: Watch | None = None,
    ) -> PlanResult:
        """Carry a new plan out; return when it ended, or is paused and waits for a person.

        `plan` is a file, a text, a mapping, a built plan or `NAME@VERSION`. Cancelling the call
        cancels the plan, and the record says so. Raises `ValidationError` for what cannot run and
        `EquipmentError` if it asks a model and none is given; then nothing is stored.

        The plan pauses before the steps at `breakpoints`. With `remove_cycles`, dependencies that
        close a cycle are left out, and the record names each.
        """
        prepared, draft = await self._drafted(
            plan,
            inputs=inputs,
            session=session,
            user=user,
            tags=tags,
            trace=trace,
            breakpoints=breakpoints,
            remove_cycles=remove_cycles,
        )
        try:
            return await self._coordinator.run(prepared, draft, watch)
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(_FAREWELL, shield=True):
                await self._cancel_quietly(draft.id)
            raise

    async def start(  # noqa: PLR0913 - each is given by its name
        self,
        plan: Runnable,
        *,
        inputs: Mapping[str, Json] | None = None,
        session: str | None = None,
        user: str | None = None,
        tags: tuple[str, ...] = (),
        trace: str | None = None,
        breakpoints: Sequence[str] = (),
        remove_cycles: bool = False,
        watch: Watch | None = None,
    ) -> str:
        """Begin a new plan and return its id once that is durable; it goes on by itself.

        Raises what `run` does.
        """
        prepared, draft = await self._drafted(
            plan,
            inputs=inputs,
            session=session,
            user=user,
            tags=tags,
            trace=trace,
            breakpoints=breakpoints,
            remove_cycles=remove_cycles,
        )
        return await self._coordinator.start(prepared, draft, watch)

    async def _drafted(
        self,
        plan: Runnable,
        *,
        inputs: Mapping[str, Json] | None,
        session: str | None,
        user: str | None,
        tags: tuple[str, ...],
        trace: str | None,
        breakpoints: Sequence[str],
        remove_cycles: bool,
    ) -> tuple[Prepared, Draft]:
        """Return a plan's content and what else it begins with; nothing is stored."""
        ready, workflow = await self._ready(plan, remove_cycles=remove_cycles)
        check_steps(ready.prepared.spec, breakpoints)
        owner = ready.ownership
        draft = Draft(
            id=PlanId(ready.id) if ready.id else self._world.new_plan_id(),
            inputs=_plain(check_inputs(ready.prepared.spec, inputs or {})),
            session=session or owner.session,
            user=user or owner.user,
            tags=tags or owner.tags,
            workflow=workflow,
            trace=trace,
            breakpoints=tuple(breakpoints),
            removed=tuple(
                edge.model_dump(mode="json", exclude_defaults=True) for edge in ready.removed
            ),
        )
        return ready.prepared, draft

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
        named and `take_over` is set; then that process may add nothing more to it. Raises
        `EquipmentError` for plans whose steps need a tool or a model that was not given and
        `StoreFormatError` for those that cannot be read; of all plans, the others are carried on
        first.
        """
        if plan_id is None:
            resumed = await self.resume_all(watch=watch)
            if resumed.left:
                first, *more = resumed.left.values()
                raise type(first)("\n".join(map(str, (first, *more)))) if more else first
            return list(resumed.results)
        plan = PlanId(plan_id)
        await self._take_up(plan, take_over=take_over, watch=watch)
        return [await self._coordinator.wait(plan)]

    async def resume_all(self, *, watch: Watch | None = None) -> ResumedAll:
        """Carry on all plans that have not ended, as `resume` does, and tell which were left."""
        taken_up: list[PlanId] = []
        results: list[PlanResult] = []
        left: dict[PlanId, MilepostError] = {}
        for plan in await self._journal.unfinished():
            try:
                await self._take_up(plan, take_over=False, watch=watch)
            except (EquipmentError, StoreFormatError) as error:
                left[plan] = error
            except (OwnedElsewhereError, RefusedError):
                continue
            else:
                taken_up.append(plan)
        for plan in taken_up:
            try:
                results.append(await self._coordinator.wait(plan))
            except FenceError:
                continue
            except MilepostError as error:
                left[plan] = error
        return ResumedAll(tuple(results), left)

    async def pause(
        self, plan_id: str, *, why: str = "", who: str | None = None, watch: Watch | None = None
    ) -> None:
        """Let no further step start; attempts under way go on to their end.

        `watch` sees what follows if no other process carries the plan out.
        """
        await self._request(plan_id, "pause", why=why, who=who, watch=watch)

    async def cancel(
        self, plan_id: str, *, why: str = "", who: str | None = None, watch: Watch | None = None
    ) -> None:
        """Stop a plan for good; results of finished steps stay.

        `watch` sees what follows if no other process carries the plan out.
        """
        await self._request(plan_id, "cancel", why=why, who=who, watch=watch)

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
        await self._request(plan_id, "answer", arguments=arguments, why=why, who=who, watch=watch)

    async def publish(self, plan: Runnable, *, who: str | None = None) -> Published:
        """Register a workflow's version; the same version with other content is refused."""
        ready = self._preparation.prepare(plan)
        return await self._published.publish(ready.prepared, who=who or me())

    async def workflow(self, reference: str) -> PlanSpec:
        """Return the content of `NAME@VERSION`; raise `UnknownNameError` if it is not published."""
        return await self._published.spec(reference)

    async def _take_up(self, plan: PlanId, *, take_over: bool, watch: Watch | None) -> None:
        """Have a plan carried on here, unless it is already."""
        actor = self._coordinator.actor(plan)
        is_displaced = take_over and await self._journal.owned_elsewhere(plan)
        if actor is not None and not is_displaced:
            stream = actor.state.plan
            if stream.paused_at is not None and not stream.waiting:
                await self._request(plan, "resume")
        else:
            found = await self._coordinator.find(plan)
            stream = found.state.plan
            asked = any(is_unanswered(one.event, stream) for one in found.stored)
            if stream.ended:
                raise RefusedError(_over(stream))
            if stream.waiting and not asked:
                raise RefusedError(waits_for_answer(stream))
            if stream.paused_at is not None and not asked:
                await self._request(plan, "resume", watch=watch)
            else:
                await self._coordinator.require_supplies(found, take_over=take_over)
                await self._coordinator.attend(plan, take_over=take_over, watch=watch, found=found)

    async def _request(
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
            PlanId(plan_id), command, arguments=arguments, who=who or me(), why=why, watch=watch
        )

    async def _cancel_quietly(self, plan_id: str) -> None:
        """Cancel a plan whose caller was cancelled; it may have ended, or never begun."""
        try:
            await self.cancel(plan_id, why="the caller was cancelled")
        except RefusedError:
            return
        except StoreError as error:
            _LOG.warning("plan %s could not be cancelled with its caller: %s", plan_id, error)


def _over(plan: PlanStream) -> str:
    """Say why a plan that has ended cannot be resumed, and what can be done instead."""
    if plan.status is PlanStatus.FAILED:
        return f"plan {plan.id}: it failed; `milepost recover {plan.id}` lets it go on"
    return f"plan {plan.id}: it is {plan.status}, nothing is left to do"


def _plain(inputs: dict[str, Json]) -> dict[str, Json]:
    """Return the inputs; raise `ValidationError` for values that JSON cannot hold."""
    if inputs:
        canonical_bytes(inputs)
    return inputs
