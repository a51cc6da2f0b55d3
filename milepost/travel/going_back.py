"""Going back: to an earlier revision, or to an earlier moment; and undoing finished steps."""

from __future__ import annotations

from collections.abc import Sequence

from milepost.domain.choices import choice
from milepost.domain.commands import Compensate, Effects, Reshaping, Restore, RollBack
from milepost.domain.course import content_of, revision, revisions_of
from milepost.domain.errors import RefusedError
from milepost.domain.ids import EventId, PlanId
from milepost.domain.recovery import OnEffects
from milepost.engine.coordinator import Watch
from milepost.engine.library import Prepared
from milepost.people import me

from .asking import Asking


def on_effects(word: str) -> OnEffects:
    """Return the way that a word names; raise `ValidationError` if it names none."""
    return choice(word, OnEffects, where="effects", kind="ways")


def minded(effects: OnEffects) -> Effects:
    """Return what the owner is to mind; what is compensated first needs no minding."""
    return Effects.REFUSE if effects is OnEffects.REFUSE else Effects.ACCEPT


class GoingBack(Asking):
    """Takes plans back; what happened stays in their history."""

    async def rollback(
        self,
        plan_id: str,
        to_revision: int,
        *,
        effects: str = "refuse",
        hold: bool = False,
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> int:
        """Go back to an earlier revision, as a new one; return its number.

        Finished steps that are written alike and whose input is the same keep their results.
        `effects` says what becomes of finished steps that may have changed the world and would
        be taken back: `refuse` (raise `RefusedError`), `accept` that they may be done again, or
        `compensate` them first. `hold` pauses the plan then.
        """
        ways = on_effects(effects)
        events = await self._moments.events(PlanId(plan_id))
        content = revision(events, to_revision).content
        if content == content_of(events):
            raise RefusedError(f"plan {plan_id}: revision {to_revision} is what it has already")
        command = RollBack(to=to_revision, content=content, hold=hold, effects=minded(ways))
        request = await self._go_back(
            plan_id, "rollback", command, ways, why=why, who=who, watch=watch
        )
        revisions = revisions_of(await self._moments.events(PlanId(plan_id)))
        return next(one.number for one in revisions if one.evidence == (request,))

    async def restore(
        self,
        plan_id: str,
        *,
        checkpoint: str | None = None,
        at: int | str | None = None,
        effects: str = "refuse",
        hold: bool = False,
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> str:
        """Put a plan back to a checkpoint, a position or an event; return the event's id.

        What happened since stays in the history; the steps that it happened to are pending again
        or have the results that they had then. `effects` and `hold` as for `rollback`.
        """
        if checkpoint is None and at is None:
            raise RefusedError("say where to go back to: a checkpoint or a position")
        ways = on_effects(effects)
        moment = await self._moments.find(PlanId(plan_id), checkpoint=checkpoint, at=at)
        command = Restore(
            at=moment.event.id,
            checkpoint=checkpoint,
            content=content_of(moment.before),
            hold=hold,
            effects=minded(ways),
        )
        await self._go_back(plan_id, "restore", command, ways, why=why, who=who, watch=watch)
        return moment.event.id

    async def compensate(
        self,
        plan_id: str,
        steps: Sequence[str] = (),
        *,
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> None:
        """Undo finished steps, the last one first, and pause; none named means all."""
        command = Compensate(steps=tuple(steps))
        await self._ask(plan_id, "compensate", command, why=why, who=who, watch=watch)
        await self._coordinator.wait(PlanId(plan_id))

    async def _go_back(
        self,
        plan_id: str,
        name: str,
        command: Reshaping,
        effects: OnEffects,
        prepared: Prepared | None = None,
        *,
        why: str,
        who: str | None,
        watch: Watch | None,
    ) -> EventId:
        if effects is OnEffects.COMPENSATE:
            hurt = await self._requests.effects_of(PlanId(plan_id), name, command, who=who or me())
            if hurt:
                await self.compensate(
                    plan_id, hurt, why=why or f"before {name}", who=who, watch=watch
                )
        return await self._ask(plan_id, name, command, prepared, why=why, who=who, watch=watch)
