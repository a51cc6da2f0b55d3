"""The reading half of `Milepost`: short names for the queries that are asked most."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio

from milepost.domain.ids import PlanId, StepPath
from milepost.projections.reader import PAGE, PlanFilter

if TYPE_CHECKING:
    from milepost.projections.decisions import Decision
    from milepost.projections.plan_views import PlanSummary, PlanView
    from milepost.projections.reader import Reader
    from milepost.projections.report import PlanReport
    from milepost.projections.step_views import StepView
    from milepost.projections.timeline import Timeline
    from milepost.projections.views import AsOf, EventView, Page
    from milepost.projections.workflow_views import WorkflowView


ReaderSource: TypeAlias = "Callable[[], Awaitable[Reader]]"


class Reading:
    """What happened; `reader()` has every query, each method here passes on to it.

    All take `as_of`: a position, or an aware time (the last position that is not after it). A
    position that is not there yet is refused; a time to come means now. Where `now` can be given,
    what goes on is counted up to then, else to the newest event. Answers share their values with
    those to come: copy what you want to change.
    """

    def __init__(self, source: ReaderSource) -> None:
        self._source = source
        self._opened: Reader | None = None
        self._opening = anyio.Lock()

    async def reader(self) -> Reader:
        """Return the port with every query; it is opened when something is first read."""
        if self._opened is not None:
            return self._opened
        async with self._opening:
            if self._opened is None:
                self._opened = await self._source()
            return self._opened

    async def history(
        self,
        plan_id: str,
        *,
        step: str | None = None,
        kinds: Collection[str] = (),
        after: int | None = None,
        limit: int = PAGE,
        newest_first: bool = False,
        as_of: AsOf = None,
    ) -> Page[EventView, int]:
        """Return a plan's events in commit order, a page at a time."""
        return await (await self.reader()).history(
            plan_id,
            step=step,
            kinds=kinds,
            after=after,
            limit=limit,
            newest_first=newest_first,
            as_of=as_of,
        )

    async def plans(
        self,
        plan_filter: PlanFilter | None = None,
        *,
        after: str | None = None,
        limit: int = PAGE,
        as_of: AsOf = None,
        **filters: Any,  # noqa: ANN401 - the fields of PlanFilter
    ) -> Page[PlanSummary, PlanId]:
        """Return plans, the newest first; `filters` are the fields of `PlanFilter`."""
        if filters:
            plan_filter = replace(plan_filter or PlanFilter(), **filters)
        return await (await self.reader()).plans(plan_filter, after=after, limit=limit, as_of=as_of)

    async def workflows(
        self, *, after: str | None = None, limit: int = PAGE
    ) -> Page[WorkflowView, str]:
        """Return the published versions of workflows by name, oldest version first."""
        return await (await self.reader()).workflows(after=after, limit=limit)

    async def plan(
        self, plan_id: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> PlanView:
        """Return one plan in full."""
        return await (await self.reader()).plan(plan_id, now=now, as_of=as_of)

    async def steps(
        self,
        plan_id: str,
        *,
        status: Collection[str] = (),
        after: str | None = None,
        limit: int = PAGE,
        now: datetime | None = None,
        as_of: AsOf = None,
    ) -> Page[StepView, StepPath]:
        """Return a plan's steps in file order, a page at a time."""
        return await (await self.reader()).steps(
            plan_id, status=status, after=after, limit=limit, now=now, as_of=as_of
        )

    async def step(
        self, plan_id: str, path: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> StepView:
        """Return one step, its values whole."""
        return await (await self.reader()).step(plan_id, path, now=now, as_of=as_of)

    async def timeline(
        self, plan_id: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> Timeline:
        """Return when each attempt of each step began and ended."""
        return await (await self.reader()).timeline(plan_id, now=now, as_of=as_of)

    async def report(
        self, plan_id: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> PlanReport:
        """Return a plan's figures: times, waiting, throughput, usage."""
        return await (await self.reader()).report(plan_id, now=now, as_of=as_of)

    async def decisions(
        self,
        plan_id: str,
        *,
        step: str | None = None,
        after: int | None = None,
        limit: int = PAGE,
        as_of: AsOf = None,
    ) -> Page[Decision, int]:
        """Return the choices that were made, each with its reason and alternatives."""
        return await (await self.reader()).decisions(
            plan_id, step=step, after=after, limit=limit, as_of=as_of
        )
