"""Moments with a name, and stops: checkpoints, the states they hold, breakpoints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from pydantic import JsonValue

from milepost.domain.checkpoints import checkpoints_of
from milepost.domain.commands import ChangeBreakpoint, ForgetCheckpoint, TakeCheckpoint
from milepost.domain.errors import RefusedError, UnknownNameError, ValidationError
from milepost.domain.events import CheckpointTaken
from milepost.domain.ids import PlanId, static_path
from milepost.domain.nearest import suggestion
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions.tree import walk
from milepost.domain.snapshots import snapshot_of
from milepost.domain.values import ContentHash

from .asking import Asking

if TYPE_CHECKING:
    from milepost.domain.checkpoints import CheckpointRecord


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan's state right after one of its events: plan, context and every step that moved."""

    plan: str
    event: str
    """Id of that event."""
    state: JsonValue
    checkpoint: str | None = None
    stored: bool = False
    """Whether `state` was read from a snapshot rather than folded from the events."""
    equal: bool | None = None
    """Whether the snapshot equals the fold of the events; None without a snapshot."""


class Checkpointing(Asking):
    """Names moments of plans, shows their state, and stops plans at steps."""

    async def checkpoint(
        self,
        plan_id: str,
        name: str | None = None,
        *,
        at: int | str | None = None,
        snapshot: bool = False,
        why: str = "",
        who: str | None = None,
    ) -> str:
        """Name a moment of a plan, by default the present one; return the name.

        With `snapshot`, the state of the present moment is stored beside the name.
        """
        if name is not None and not name.strip():
            raise ValidationError("a checkpoint needs a name that is not empty", where="name")
        if snapshot and at is not None:
            raise RefusedError("a snapshot holds the present moment; a past one needs none")
        event = None
        if at is not None:
            event = (await self._moments.find(PlanId(plan_id), at=at)).event.id
        command = TakeCheckpoint(name=name, at=event, snapshot=snapshot)
        request = await self._ask(plan_id, "checkpoint", command, why=why, who=who)
        events = await self._moments.events(PlanId(plan_id))
        taken = (event for event in events if isinstance(event, CheckpointTaken))
        return next(event.name for event in taken if event.cause == request)

    async def checkpoints(self, plan_id: str) -> dict[str, str]:
        """Return the plan's checkpoints: the id of the event by name, the first taken first."""
        return await self._moments.checkpoints(PlanId(plan_id))

    async def checkpoint_records(self, plan_id: str) -> list[CheckpointRecord]:
        """Return the plan's checkpoints with who took each, when and why, the first taken first."""
        return checkpoints_of(await self._moments.events(PlanId(plan_id)))

    async def forget_checkpoint(
        self, plan_id: str, name: str, *, why: str = "", who: str | None = None
    ) -> None:
        """Free a checkpoint's name; the events stay."""
        await self._ask(plan_id, "forget_checkpoint", ForgetCheckpoint(name=name), why=why, who=who)

    async def state(
        self, plan_id: str, *, checkpoint: str | None = None, at: int | str | None = None
    ) -> PlanState:
        """Return a plan's state as of a checkpoint, a position or an event; else the present one.

        Of a checkpoint with a snapshot it is what was stored, compared with the events.
        """
        moment = await self._moments.find(PlanId(plan_id), checkpoint=checkpoint, at=at)
        folded = snapshot_of(*moment.fold())
        stored = await self._snapshot(plan_id, checkpoint) if checkpoint is not None else None
        return PlanState(
            plan=plan_id,
            event=moment.event.id,
            state=orjson.loads(folded if stored is None else stored),
            checkpoint=checkpoint,
            stored=stored is not None,
            equal=None if stored is None else stored == folded,
        )

    async def set_breakpoint(
        self, plan_id: str, step: str, *, on: bool = True, why: str = "", who: str | None = None
    ) -> None:
        """Have a plan pause before a step, or no longer; a path without numbers means all."""
        if on:
            check_steps(await self._spec_of(await self._moments.events(PlanId(plan_id))), [step])
        command = ChangeBreakpoint(step=step, on=on)
        await self._ask(plan_id, "breakpoint", command, why=why, who=who)

    async def _snapshot(self, plan_id: str, name: str) -> bytes | None:
        records = await self.checkpoint_records(plan_id)
        content = next(one.snapshot for one in records if one.name == name)
        return None if content is None else await self._journal.content(ContentHash(content))


def check_steps(spec: PlanSpec, paths: Iterable[str]) -> None:
    """Raise `UnknownNameError` for a path that names no step of a plan."""
    known: list[str] = []
    for path in paths:
        known = known or sorted(place for place, _step in walk(spec.steps))
        if static_path(path) not in map(static_path, known):
            mend = suggestion(path, known, kind="steps")
            raise UnknownNameError(f"there is no step {path!r}; {mend}")
