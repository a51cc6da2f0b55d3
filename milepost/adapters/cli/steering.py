"""Steering plans for a command: pause, cancel, answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from milepost.domain.plans import PlanStatus
from milepost.domain.values import Json

from .changing import Told, carry_on_changed
from .opening import Equipment
from .output import Output

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.engine.coordinator import Watch

_AIMS = {"pause": PlanStatus.PAUSED, "cancel": PlanStatus.CANCELLED}


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

    Pausing and cancelling end with 0 when the plan is paused or cancelled, but with 1 when a step
    could not be undone; after an answer the code is that of the plan.
    """

    async def change(milepost: Milepost, plan: str, watch: Watch) -> Told:
        await _ask(milepost, plan, steering, watch)
        return {}

    aim = _AIMS.get(steering.command)
    return await carry_on_changed(steering.plan, change, equipment, output, aim=aim)


async def _ask(milepost: Milepost, plan: str, steering: Steering, watch: Watch) -> None:
    who, why = steering.who, steering.why
    if steering.command == "pause":
        await milepost.pause(plan, who=who, why=why, watch=watch)
    elif steering.command == "cancel":
        await milepost.cancel(plan, who=who, why=why, watch=watch)
    else:
        await milepost.answer(
            plan,
            steering.step,
            value=steering.value,
            outcome=steering.outcome,
            who=who,
            why=why,
            watch=watch,
        )
