"""Forks for commands: carried out and compared with their parent, or only thought through."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanResult
from milepost.projections.views import as_json as plain

from .carrying import announce, to_rest
from .given_inputs import json_pairs
from .live import Live, manner
from .opening import Equipment, opened
from .output import Output
from .plan_names import find_plan
from .screen.terminal import clean, show
from .screen.values import document

if TYPE_CHECKING:
    from .interrupts import Interrupts


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkRequest:
    """A fork, as the words of a command say it."""

    plan: str
    moment: Mapping[str, Any]
    replace: Sequence[str] = ()
    file: str | None = None
    dry_run: bool = False
    suppose: Sequence[str] = ()
    hold: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the call; raise `ValidationError` for what means nothing."""
        if self.suppose and not self.dry_run:
            raise ValidationError("it belongs to --dry-run", where="--suppose")
        if self.hold and self.dry_run:
            raise ValidationError("a dry run holds nothing", where="--hold")
        given = {
            **self.moment,
            "replace": json_pairs(self.replace, where="--set"),
            "plan": self.file,
        }
        if self.dry_run:
            return given | {"suppose": json_pairs(self.suppose, where="--suppose")}
        return given | {"hold": self.hold}


async def think_through(request: ForkRequest, equipment: Equipment, output: Output) -> int:
    """Print what a fork would come to; nothing is run and nothing is stored."""
    from .screen.runs import what_if_parts

    asked = request.arguments()
    async with opened(output.store, equipment) as milepost:
        found = await milepost.what_if(await find_plan(milepost, request.plan), **asked)
    if output.as_json:
        told = plain(found)
        fields = told if isinstance(told, dict) else {}
        to_run = [plain(one._asdict()) for one in found.to_run]
        differences = [plain(one._asdict()) for one in found.differences]
        shown = {**fields, "to_run": to_run, "differences": differences}
        sys.stdout.write(document(shown) + "\n")
    else:
        show(what_if_parts(found))
    return 0


async def fork(request: ForkRequest, equipment: Equipment, output: Output) -> int:
    """Begin a fork, carry it on until it rests, and compare it with its parent."""
    from .screen.runs import difference_parts

    asked = request.arguments()
    output = replace(output, equipment=equipment)
    live = Live(manner(as_json=output.as_json, watch=output.lines))
    async with opened(output.store, equipment) as milepost:
        parent = await find_plan(milepost, request.plan)
        forks: list[str] = []

        async def run(interrupts: Interrupts) -> PlanResult:
            plan = await milepost.fork(parent, watch=live.show, **asked)
            interrupts.note(plan)
            forks.append(plan)
            announce(plan, output)
            async with live.following(await milepost.content(plan)):
                return await milepost.wait(plan)

        async def also(result: PlanResult) -> Mapping[str, object]:
            compared = await milepost.compare(parent, result.plan_id)
            differences = [plain(one._asdict()) for one in compared.differences]
            return {"parent": plain(compared.before), "differences": differences}

        code = await to_rest(milepost, run, output, also)
        if not output.as_json and forks:
            compared = await milepost.compare(parent, forks[0])
            sys.stdout.write(clean(f"\ncompared with its parent {parent}\n"))
            show(difference_parts(compared.differences))
    return code
