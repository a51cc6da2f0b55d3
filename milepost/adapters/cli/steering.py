"""Steering plans for a command: pause, cancel, answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from milepost.domain.values import Json

from .opening import Equipment, opened
from .output import Output
from .plan_names import find_plan
from .resting import DONE, exit_code, tell

if TYPE_CHECKING:
    from milepost import Milepost


@dataclass(frozen=True, slots=True)
class Steering:
    """What is asked of a plan, by whom and why."""

    plan: str
    command: str
    who: str | None = None
    why: str = ""
    step: str = ""
    outcome: str = "value"
    value: Json = None


async def steer(steering: Steering, equipment: Equipment, output: Output) -> int:
    """Have a command carried out and tell how the plan stands then; return the exit code.

    Pausing and cancelling end with 0 when the plan is paused or cancelled; after an answer the
    code is that of the plan.
    """
    output = replace(output, folder=equipment.folder)
    async with opened(output.store, equipment) as milepost:
        plan = await find_plan(milepost, steering.plan)
        await _ask(milepost, plan, steering)
        result = await milepost.wait(plan)
        await tell(milepost, result, output)
    if steering.command == "answer":
        return exit_code(result)
    return DONE


async def _ask(milepost: Milepost, plan: str, steering: Steering) -> None:
    who, why = steering.who, steering.why
    if steering.command == "pause":
        await milepost.pause(plan, who=who, why=why)
    elif steering.command == "cancel":
        await milepost.cancel(plan, who=who, why=why)
    else:
        await milepost.answer(
            plan,
            steering.step,
            value=steering.value,
            outcome=steering.outcome,
            who=who,
            why=why,
        )
