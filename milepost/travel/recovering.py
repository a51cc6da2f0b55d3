"""Letting plans that failed go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from milepost.domain.choices import choice
from milepost.domain.commands import Recover
from milepost.domain.course import content_of, other_workflow, revisions_of
from milepost.domain.errors import MilepostError, RefusedError
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanResult, PlanStatus
from milepost.domain.recovery import RecoveryPolicy, RecoveryStrategy
from milepost.domain.references import is_reference
from milepost.engine.coordinator import Watch
from milepost.projections.reader import PlanFilter

from .going_back import GoingBack, minded, on_effects

if TYPE_CHECKING:
    from milepost.adapters.workflow.preparation import Runnable


@dataclass(frozen=True, slots=True)
class RecoveredAll:
    """What recovering many plans came to."""

    results: tuple[PlanResult, ...]
    refused: dict[PlanId, str]
    """Why plans were left as they are."""


class Recovering(GoingBack):
    """Lets plans that failed go on."""

    async def recover(
        self,
        plan_id: str,
        *,
        strategy: str | None = None,
        steps: Sequence[str] = (),
        plan: Runnable | None = None,
        effects: str | None = None,
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> str:
        """Let a plan that failed go on: `resume`, `restart` or `skip` its failed steps.

        `steps` are the failed steps it is about (all by default), `plan` a corrected content.
        `replan` goes on by the other content that `plan` gives, else by the planner's; `abort`
        gives the plan up. `strategy` and `effects` that are not given are those of the plan's
        settings, of the corrected ones if there are such. Returns the strategy.
        """
        events = await self._moments.events(PlanId(plan_id))
        prepared = await self._prepared(plan) if plan is not None else None
        spec = prepared.spec if prepared is not None else await self._spec_of(events)
        policy = spec.settings.recovery or RecoveryPolicy()
        named = policy.strategy if strategy is None else strategy
        way = choice(named, RecoveryStrategy, where="strategy", kind="strategies")
        ways = policy.effects if effects is None else on_effects(effects)
        if way is RecoveryStrategy.ABORT and prepared is not None:
            raise RefusedError(
                f"plan {plan_id}: `abort` gives it up, so no other plan can be given; "
                "name another strategy, or leave the plan out"
            )
        present = revisions_of(events)[-1].workflow
        command = Recover(
            strategy=way,
            steps=tuple(steps),
            content=prepared.content if prepared else content_of(events),
            effects=minded(ways),
            workflow=other_workflow(present, plan) if is_reference(plan) else None,
        )
        await self._go_back(
            plan_id, "recover", command, ways, prepared, why=why, who=who, watch=watch
        )
        return way.value

    async def recover_all(
        self,
        plan_filter: PlanFilter | None = None,
        **how: Any,  # noqa: ANN401 - as `recover`
    ) -> RecoveredAll:
        """Let all plans go on that a filter lets pass, oldest first; by default the failed ones.

        `how` is what `recover` takes; what it leaves open is decided by each plan's settings. A
        plan that cannot be recovered is left as it is.
        """
        wanted = plan_filter or PlanFilter(status=(PlanStatus.FAILED,))
        plans = [plan async for plan in self._found(wanted)]
        results, refused = [], {}
        for plan in reversed(plans):
            try:
                await self.recover(plan, **how)
                results.append(await self._coordinator.wait(plan))
            except MilepostError as error:
                refused[plan] = str(error)
        return RecoveredAll(tuple(results), refused)
