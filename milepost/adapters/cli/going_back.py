"""Going back and recovering for commands: the plan is carried on, and its end is told."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .changing import Told, carry_on_changed
from .failures import tell as tell_failure
from .filters import Filters
from .opening import Equipment, opened
from .output import Output
from .resting import exit_code, tell_each

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.engine.coordinator import Watch

_REFUSED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How plans that failed are to go on: arguments of `Milepost.recover`.

    What is None is left to each plan's settings.
    """

    strategy: str | None = None
    steps: Sequence[str] = ()
    file: str | None = None
    effects: str | None = None
    who: str | None = None
    why: str = ""

    def arguments(self) -> dict[str, Any]:
        """Return them all."""
        return {
            "strategy": self.strategy,
            "steps": self.steps,
            "plan": self.file,
            "effects": self.effects,
            "who": self.who,
            "why": self.why,
        }


async def roll_back(
    name: str, to_revision: int, how: Mapping[str, Any], equipment: Equipment, output: Output
) -> int:
    """Roll a plan back to a revision and carry it on; `how` are arguments of the call."""

    async def change(milepost: Milepost, plan: str, watch: Watch) -> Told:
        return {"revision": await milepost.rollback(plan, to_revision, watch=watch, **how)}

    return await carry_on_changed(name, change, equipment, output)


async def restore(
    name: str,
    where: Mapping[str, Any],
    how: Mapping[str, Any],
    equipment: Equipment,
    output: Output,
) -> int:
    """Restore a plan to a moment and carry it on."""

    async def change(milepost: Milepost, plan: str, watch: Watch) -> Told:
        return {"restored_to": await milepost.restore(plan, watch=watch, **where, **how)}

    return await carry_on_changed(name, change, equipment, output)


async def compensate(
    name: str, steps: Sequence[str], how: Mapping[str, Any], equipment: Equipment, output: Output
) -> int:
    """Undo finished steps of a plan, and tell how it stands then."""

    async def change(milepost: Milepost, plan: str, watch: Watch) -> Told:
        await milepost.compensate(plan, steps, watch=watch, **how)
        return {}

    return await carry_on_changed(name, change, equipment, output)


async def recover(name: str, recovery: Recovery, equipment: Equipment, output: Output) -> int:
    """Let a plan that failed go on."""

    async def change(milepost: Milepost, plan: str, watch: Watch) -> Told:
        return {"recovered": await milepost.recover(plan, watch=watch, **recovery.arguments())}

    return await carry_on_changed(name, change, equipment, output)


async def recover_all(
    filters: Filters, recovery: Recovery, equipment: Equipment, output: Output
) -> int:
    """Let all plans go on that filters let pass, by default those that failed."""
    wanted = filters.read(status=("failed",))
    output = replace(output, equipment=equipment)
    async with opened(output.store, equipment) as milepost:
        recovered = await milepost.recover_all(wanted, **recovery.arguments())
        for plan, why in recovered.refused.items():
            tell_failure(why if plan in why else f"plan {plan}: {why}")
        if not recovered.results and not output.as_json:
            sys.stdout.write("no plan was recovered\n")
        await tell_each(milepost, recovered.results, output)
    codes = [exit_code(result) for result in recovered.results]
    return max((*codes, *([_REFUSED] if recovered.refused and not codes else ())), default=0)
