"""Checkpoints and breakpoints for commands."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from milepost.projections.views import as_json as plain

from .changing import Told, change_aside
from .opening import Equipment, opened
from .output import Output
from .plan_names import find_plan
from .screen.terminal import clean, show
from .screen.values import document

if TYPE_CHECKING:
    from milepost import Milepost


async def take_checkpoint(
    name: str, asked: Mapping[str, Any], equipment: Equipment, output: Output
) -> int:
    """Name a moment of a plan; `asked` are arguments of `Milepost.checkpoint`."""

    async def change(milepost: Milepost, plan: str) -> tuple[str, Told]:
        taken = await milepost.checkpoint(plan, **asked)
        event = (await milepost.checkpoints(plan))[taken]
        told = {"plan": plan, "checkpoint": taken, "at": event}
        return f"checkpoint {taken!r} of plan {plan}, right after event {event}", told

    return await change_aside(name, change, equipment, output)


async def delete_checkpoint(
    name: str, checkpoint: str, asked: Mapping[str, Any], equipment: Equipment, output: Output
) -> int:
    """Free a checkpoint's name."""

    async def change(milepost: Milepost, plan: str) -> tuple[str, Told]:
        await milepost.forget_checkpoint(plan, checkpoint, **asked)
        return f"plan {plan} has no checkpoint {checkpoint!r} any more", {"deleted": checkpoint}

    return await change_aside(name, change, equipment, output)


async def change_breakpoint(
    name: str, step: str, asked: Mapping[str, Any], equipment: Equipment, output: Output
) -> int:
    """Have a plan pause before a step, or no longer."""

    async def change(milepost: Milepost, plan: str) -> tuple[str, Told]:
        await milepost.set_breakpoint(plan, step, **asked)
        says = "pauses" if asked["on"] else "does not pause"
        told = {"plan": plan, "step": step, "on": asked["on"]}
        return f"plan {plan} {says} before step {step!r}", told

    return await change_aside(name, change, equipment, output)


async def list_checkpoints(store: str, name: str, *, as_json: bool) -> int:
    """Print a plan's checkpoints."""
    from .screen.checkpoints import checkpoint_table

    async with opened(store) as milepost:
        records = await milepost.checkpoint_records(await find_plan(milepost, name))
    if as_json:
        told = [plain(record._asdict()) for record in records]
        sys.stdout.write(document(told) + "\n")
    else:
        show([checkpoint_table(records)])
    return 0


async def show_checkpoint(store: str, name: str, checkpoint: str, *, as_json: bool) -> int:
    """Print the state at a checkpoint, and whether its snapshot equals the events."""
    async with opened(store) as milepost:
        shown = await milepost.state(await find_plan(milepost, name), checkpoint=checkpoint)
    if as_json:
        sys.stdout.write(document(plain(shown)) + "\n")
        return 0 if shown.equal is not False else 1
    came = {
        None: "no snapshot: folded from the events",
        True: "snapshot, equal to the fold of the events",
        False: "snapshot, NOT equal to the fold of the events",
    }[shown.equal]
    sys.stdout.write(clean(f"checkpoint {checkpoint!r}, right after event {shown.event}: {came}\n"))
    sys.stdout.write(document(shown.state) + "\n")
    return 0 if shown.equal is not False else 1
