"""Changes of a plan for commands: asked for, then the plan is carried on to its rest."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from milepost.domain.plans import PlanResult, PlanStatus

from .carrying import to_rest
from .failures import INTERRUPTED
from .live import Live, manner
from .opening import Equipment, opened
from .output import Output
from .plan_names import find_plan
from .resting import DONE, FAILED, WAITING, undo_failed
from .screen.terminal import clean
from .screen.values import document

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.engine.coordinator import Watch

    from .interrupts import Interrupts

Told: TypeAlias = Mapping[str, object]
Change: TypeAlias = "Callable[[Milepost, str, Watch], Awaitable[Told]]"
"""Asks for a change of a plan; returns what else is to be told in JSON."""
Afterwards: TypeAlias = "Callable[[Milepost, str], Awaitable[Told]]"
"""Returns what there is to be told in JSON of a plan at rest."""
Aside: TypeAlias = "Callable[[Milepost, str], Awaitable[tuple[str, Told]]]"
"""Asks for something about a plan; returns what is to be told, in words and in JSON."""


async def carry_on_changed(
    name: str,
    change: Change,
    equipment: Equipment,
    output: Output,
    *,
    aim: PlanStatus | None = None,
    may_pause: bool = False,
    then: Afterwards | None = None,
) -> int:
    """Have a plan changed, carry it on until it rests, and tell what came of it.

    Returns the exit code of the plan, as `resume` does, but 1 if a step could not be undone. A plan
    whose status is `aim` counts as done; with `may_pause`, so does one that was paused before and
    still is. `then` is asked at the end what else belongs into the JSON.
    """
    output = replace(output, equipment=equipment)
    live = Live(manner(as_json=output.as_json, watch=output.lines))
    told: dict[str, object] = {}
    async with opened(output.store, equipment) as milepost:
        plan = await find_plan(milepost, name)
        before = await milepost.plan(plan)

        async def run(interrupts: Interrupts) -> PlanResult:
            told.update(await change(milepost, plan, live.show))
            interrupts.note(plan)
            async with live.following(await milepost.content(plan)):
                return await milepost.wait(plan)

        async def also(_result: PlanResult) -> Told:
            return {**told, **(await then(milepost, plan))} if then is not None else told

        code = await to_rest(milepost, run, output, also)
        if code == INTERRUPTED:
            return code
        if await undo_failed(milepost, plan, after=before.position):
            return FAILED
        reached = aim is not None and (await milepost.plan(plan)).status is aim
    stayed = may_pause and before.status is PlanStatus.PAUSED and code == WAITING
    return DONE if reached or stayed else code


async def change_aside(name: str, change: Aside, equipment: Equipment, output: Output) -> int:
    """Have something about a plan changed that leaves its course as it is, and tell of it.

    A plan under way that no process carries on is carried on here until it rests.
    """
    async with opened(output.store, equipment) as milepost:
        plan = await find_plan(milepost, name)
        words, told = await change(milepost, plan)
        sys.stdout.write(document(dict(told)) + "\n" if output.as_json else clean(words) + "\n")
        await milepost.wait(plan)
    return DONE
