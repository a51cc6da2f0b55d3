"""Going elsewhere: new plans that begin where others stood, for real or to see what would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from milepost.domain.course import content_of
from milepost.domain.ids import PlanId
from milepost.domain.path_names import meant_path
from milepost.domain.references import is_reference
from milepost.domain.revisions.tree import walk
from milepost.domain.values import Json
from milepost.engine.coordinator import Watch
from milepost.engine.core.state import fold_plan
from milepost.engine.drafting import Draft
from milepost.engine.forks import forked_at
from milepost.engine.library import Prepared
from milepost.engine.moments import Moment
from milepost.engine.what_if import Recorded, WhatIf, unhurried, what_if

from .asking import Asking
from .checkpointing import check_steps

if TYPE_CHECKING:
    from milepost.adapters.workflow.preparation import Runnable
    from milepost.domain.plans import PlanSpec
    from milepost.engine.core import Forked


class Forking(Asking):
    """Begins plans where others stood."""

    async def fork(
        self,
        plan_id: str,
        *,
        checkpoint: str | None = None,
        at: int | str | None = None,
        replace: Mapping[str, Json] | None = None,
        plan: Runnable | None = None,
        hold: bool = False,
        watch: Watch | None = None,
    ) -> str:
        """Begin a new plan where another one stands or stood; return its id, it goes on by itself.

        Finished steps are adopted, not run. `replace` gives steps other results: what comes after
        them runs unless its input stays the same. `plan` is other content from there on. `hold`
        pauses the new plan before anything runs. Raises `ExpressionError` if a result does not suit
        the `set` of its step, and `RefusedError` if the fork does not come to that step.
        """
        moment = await self._moments.find(PlanId(plan_id), checkpoint=checkpoint, at=at)
        prepared, forked = await self._forked(moment, replace, plan)
        own = moment.ownership() | ({"workflow": plan} if is_reference(plan) else {})
        draft = Draft(id=self._world.new_plan_id(), **own)
        forked = forked._replace(hold=hold)
        return await self._coordinator.start_fork(prepared, draft, forked, watch)

    async def what_if(
        self,
        plan_id: str,
        *,
        checkpoint: str | None = None,
        at: int | str | None = None,
        replace: Mapping[str, Json] | None = None,
        plan: Runnable | None = None,
        suppose: Mapping[str, Json] | None = None,
    ) -> WhatIf:
        """Return what a fork would come to; nothing is run and nothing is stored.

        Steps whose input stays the same are taken from the record, the others are named; with
        `suppose`, results by path, what comes after those is seen too.
        """
        moment = await self._moments.find(PlanId(plan_id), checkpoint=checkpoint, at=at)
        events = await self._moments.events(PlanId(plan_id))
        prepared, forked = await self._forked(moment, replace, plan)
        check_steps(prepared.spec, tuple(suppose or ()))
        return what_if(
            Recorded(*fold_plan(plan_id, events), await self._spec_of(events)),
            self._coordinator.changes.compiled(unhurried(prepared.spec)),
            forked,
            moment.ownership()["inputs"],
            suppose or {},
            self._world.clock.now(),
        )

    async def _forked(
        self, moment: Moment, replace: Mapping[str, Json] | None, plan: Runnable | None
    ) -> tuple[Prepared, Forked]:
        """Return the content of a fork, and what it takes over."""
        then = await self._coordinator.changes.prepared(content_of(moment.before))
        prepared = await self._prepared(plan) if plan is not None else then
        given = _by_full_path(replace, moment, then.spec) if replace else {}
        return prepared, forked_at(moment, then.compiled, prepared.spec, given)


def _by_full_path(replace: Mapping[str, Json], moment: Moment, spec: PlanSpec) -> dict[str, Json]:
    """Return results by the full paths of the steps that they are for."""
    known = {*moment.fold()[1], *(path for path, _step in walk(spec.steps))}
    return {meant_path(path, known): value for path, value in replace.items()}
