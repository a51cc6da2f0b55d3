"""Asking a plan's planner for another content, and what it made of that."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanStatus

from .changing import Told, carry_on_changed
from .given_inputs import json_pairs, json_value
from .opening import Equipment
from .output import Output

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.engine.coordinator import Watch

_OUTCOMES = ("plan.revised", "plan.replan_failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanning:
    """Why a plan is to get another content, as the words of a command say it."""

    plan: str
    trigger: str = "user"
    step: str | None = None
    feedback: str | None = None
    resources: Sequence[str] = ()
    who: str | None = None
    why: str = ""

    def arguments(self) -> dict[str, Any]:
        """Return arguments of `Milepost.replan`; raise `ValidationError` for unsound words."""
        amounts = json_pairs(self.resources, where="--resource", write="NAME=AMOUNT")
        for name, amount in amounts.items():
            if not isinstance(amount, int) or isinstance(amount, bool) or amount < 1:
                where = f"--resource {name}"
                raise ValidationError("an amount is a whole number from 1 on", where=where)
        feedback = self.feedback
        return {
            "trigger": self.trigger,
            "step": self.step,
            "feedback": None if feedback is None else json_value(feedback, where="--feedback"),
            "resources": amounts or None,
            "who": self.who,
            "why": self.why,
        }


async def replan(replanning: Replanning, equipment: Equipment, output: Output) -> int:
    """Have a plan's planner asked, carry the plan on, and tell what came of both.

    The JSON has the planner's answers so far: none of a plan that is paused, and perhaps none of
    one that another process carries on.
    """
    asked = replanning.arguments()
    before = 0

    async def change(milepost: Milepost, plan: str, watch: Watch) -> Told:
        nonlocal before
        shown = await milepost.plan(plan)
        before = shown.position
        await milepost.replan(plan, watch=watch, **asked)
        if shown.status is PlanStatus.PAUSED and not output.as_json:
            sys.stderr.write("the plan is paused: its planner is asked when it goes on\n")
        return {}

    async def then(milepost: Milepost, plan: str) -> Told:
        page = await milepost.history(plan, kinds=_OUTCOMES, after=before)
        return {"replan": [event.data | {"kind": event.kind} for event in page.items]}

    return await carry_on_changed(
        replanning.plan, change, equipment, output, may_pause=True, then=then
    )
