"""Everything that can be read of a store, behind the port that projections describe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import datetime

import anyio

from milepost.domain.events import Impact
from milepost.domain.ids import PlanId, StepPath
from milepost.domain.plans import PlanSpec
from milepost.projections.decisions import Decision
from milepost.projections.plan_views import PlanSummary, PlanView
from milepost.projections.reader import PAGE, PlanFilter, StoreCounts
from milepost.projections.report import ExecutionHistory, PlanReport
from milepost.projections.revision_views import CheckpointView, RevisionView
from milepost.projections.step_views import StepView
from milepost.projections.timeline import Timeline
from milepost.projections.views import AsOf, EventView, Page
from milepost.projections.workflow_views import WorkflowView

from . import reads_events, reads_plans, reads_revisions, reads_views
from .asking import Asker
from .export_log import export_log
from .kinds import Kinds
from .reads_events import HistoryQuery
from .reads_moments import position_at
from .reads_story import Stories, path_of_any
from .reads_workflows import workflows
from .times import microseconds

POLL = 0.04
"""Seconds between two looks for new events."""
SMALL = 200
"""Pages up to this size are read in the caller's thread, which is quicker than a hand-over."""


class StoreReads:
    """Answers queries: small ones from `quick`, those that may take a while from `thorough`."""

    def __init__(self, quick: Asker, thorough: Asker, kinds: Kinds) -> None:
        self._quick = quick
        self._thorough = thorough
        self._kinds = kinds
        self._stories = Stories(kinds)

    async def history(
        self,
        plan: str,
        *,
        step: str | None = None,
        kinds: Collection[str] = (),
        impact: Impact | None = None,
        after: int | None = None,
        limit: int = PAGE,
        newest_first: bool = False,
        as_of: AsOf = None,
    ) -> Page[EventView, int]:
        """Return the events of a plan, its steps and its requests, in the order of positions."""
        query = HistoryQuery(plan, step, kinds, impact, after, limit, newest_first, as_of)
        page = await self._for(limit).ask(reads_events.history(self._kinds, query))
        if step is None or page.items:
            return page
        told = await self._thorough.ask(self._stories.tell(plan, page.as_of))
        meant = replace(query, step=path_of_any(told.story, step), as_of=page.as_of)
        return await self._for(limit).ask(reads_events.history(self._kinds, meant))

    async def events(
        self, *, after: int = 0, limit: int = PAGE, as_of: AsOf = None
    ) -> Page[EventView, int]:
        """Return the events of the whole store after a position, in order."""
        return await self._for(limit).ask(reads_events.events(self._kinds, after, limit, as_of))

    async def follow(self, *, after: int = 0) -> AsyncIterator[EventView]:
        """Yield the events after a position, and those to come as soon as they are stored."""
        while True:
            page = await self.events(after=after)
            for event in page.items:
                yield event
            after = page.as_of
            if not page.is_cut:
                await anyio.sleep(POLL)

    async def event(self, event: str) -> EventView:
        """Return one event by its id, its values whole."""
        return await self._thorough.ask(reads_events.event(self._kinds, event))

    async def plans(
        self,
        plan_filter: PlanFilter | None = None,
        *,
        after: str | None = None,
        limit: int = PAGE,
        as_of: AsOf = None,
    ) -> Page[PlanSummary, PlanId]:
        """Return plans, the newest first."""
        asker = self._for(limit) if plan_filter is None and as_of is None else self._thorough
        return await asker.ask_at_one_moment(
            reads_plans.plans(self._kinds, plan_filter or PlanFilter(), after, limit, as_of)
        )

    async def plan_ids(self, beginning: str, *, limit: int = PAGE) -> tuple[PlanId, ...]:
        """Return the ids of plans that begin so, in order; one that is equal comes first."""
        return await self._for(limit).ask(reads_plans.plan_ids(beginning, limit))

    async def plan(self, plan: str, *, now: datetime | None = None, as_of: AsOf = None) -> PlanView:
        """Return one plan in full, its final output whole."""
        return await self._thorough.ask(reads_views.plan(self._stories, plan, now, as_of))

    async def steps(
        self,
        plan: str,
        *,
        status: Collection[str] = (),
        after: str | None = None,
        limit: int = PAGE,
        now: datetime | None = None,
        as_of: AsOf = None,
    ) -> Page[StepView, StepPath]:
        """Return a plan's steps in file order."""
        wanted = reads_views.StepQuery(status, after, limit, now)
        return await self._thorough.ask(reads_views.steps(self._stories, plan, wanted, as_of))

    async def step(
        self, plan: str, path: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> StepView:
        """Return one step, its values whole."""
        return await self._thorough.ask(reads_views.step(self._stories, plan, path, now, as_of))

    async def timeline(
        self, plan: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> Timeline:
        """Return a plan's timeline."""
        return await self._thorough.ask(reads_views.plan_timeline(self._stories, plan, now, as_of))

    async def report(
        self, plan: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> PlanReport:
        """Return a plan's figures."""
        return await self._thorough.ask(reads_views.figures(self._stories, plan, now, as_of))

    async def decisions(
        self,
        plan: str,
        *,
        step: str | None = None,
        after: int | None = None,
        limit: int = PAGE,
        as_of: AsOf = None,
    ) -> Page[Decision, int]:
        """Return a plan's decision log."""
        return await self._thorough.ask(
            reads_views.decision_log(self._stories, plan, step, after, limit, as_of)
        )

    async def revisions(self, plan: str, *, as_of: AsOf = None) -> tuple[RevisionView, ...]:
        """Return a plan's revisions, the first one first."""
        return await self._thorough.ask(reads_revisions.revisions(self._kinds, plan, as_of))

    async def revision_content(self, plan: str, number: int | None) -> PlanSpec:
        """Return a plan's content at a revision; None means the one that holds."""
        return await self._quick.ask_at_one_moment(
            reads_revisions.revision_content(self._stories, plan, number)
        )

    async def checkpoints(self, plan: str, *, as_of: AsOf = None) -> tuple[CheckpointView, ...]:
        """Return the checkpoints that a plan has, the first taken first."""
        return await self._thorough.ask(reads_revisions.checkpoints(self._kinds, plan, as_of))

    async def execution_history(
        self, plan: str, *, limit: int = PAGE, as_of: AsOf = None
    ) -> ExecutionHistory:
        """Return a plan's session, steps, events, figures and decisions, first pages of each."""
        return await self._thorough.ask(
            reads_views.execution_history(self._kinds, self._stories, plan, limit, as_of)
        )

    async def workflows(
        self, *, after: str | None = None, limit: int = PAGE
    ) -> Page[WorkflowView, str]:
        """Return the published versions of workflows by name, oldest version first."""
        return await self._thorough.ask_at_one_moment(workflows(self._kinds, after, limit))

    async def counts(self) -> StoreCounts:
        """Return how many events and plans there are."""
        return await self._thorough.ask_at_one_moment(reads_plans.counts())

    async def position_at(self, time: datetime) -> int:
        """Return the last position that is not after an aware time, 0 if there is none."""
        return await self._quick.ask(position_at(microseconds(time)))

    async def last_position(self) -> int:
        """Return the newest position, 0 for an empty store."""
        return await self._quick.ask(reads_plans.last_position())

    def export(self, plan: str) -> AsyncIterator[bytes]:
        """Yield the lines of a plan's log, values whole, for `import` into another store."""
        return export_log(self._thorough, self._kinds, plan)

    def _for(self, limit: int) -> Asker:
        return self._quick if limit <= SMALL else self._thorough
