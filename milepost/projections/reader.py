"""The port to everything that can be read. Every answer is true of one moment, and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from milepost.domain.events import Impact
from milepost.domain.ids import PlanId, StepPath
from milepost.domain.plans import PlanSpec, PlanStatus

if TYPE_CHECKING:
    from .decisions import Decision
    from .plan_views import PlanSummary, PlanView
    from .report import ExecutionHistory, PlanReport
    from .revision_views import CheckpointView, RevisionView
    from .step_views import StepView
    from .timeline import Timeline
    from .views import AsOf, EventView, Page
    from .workflow_views import WorkflowView

PAGE = 100
"""Items in a page unless a limit is given."""
LARGEST_PAGE = 10_000
"""More than this are never given at once."""


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which plans to list; all that is given must hold."""

    status: Collection[PlanStatus] = ()
    created_from: datetime | None = None
    created_until: datetime | None = None
    """Exclusive."""
    name: str | None = None
    workflow: str | None = None
    """A published workflow, with or without `@version`."""
    session: str | None = None
    user: str | None = None
    tag: str | None = None
    step: str | None = None
    """Id or path of a step that a revision of the plan has."""
    tool: str | None = None
    """A tool that a step of a revision calls, or may call in its place or to undo it."""
    parent: str | None = None
    """The plan that it was forked from."""
    error: str | None = None
    """Code or kind of an error that a step or the plan had, mended or not."""
    text: str | None = None
    """Part of the id, name, workflow, session, user or a tag, in any case."""


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How much there is."""

    events: int
    plans: int
    by_status: dict[PlanStatus, int]


class Reader(Protocol):
    """Queries over one store.

    Each raises `UnknownNameError` for a plan, step or event that is not there (at that moment),
    `ValidationError` for a limit, filter or moment that makes no sense, and `StoreError`.
    What goes on is counted up to `now`, without it to the newest event (at that moment).
    Answers share their values with later ones: who wants to change something copies it.
    Values over 64 KiB are given as `{"@": "sha256:…"}` unless a query says that it gives them
    whole.
    """

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
        """Return the events of a plan, its steps and its requests, in the order of positions.

        `step` keeps only the events of that step's own stream, `impact` those that reach at
        least so far. `after` is the `next` of the page before.
        """
        ...

    async def events(
        self, *, after: int = 0, limit: int = PAGE, as_of: AsOf = None
    ) -> Page[EventView, int]:
        """Return the events of the whole store after a position, in order.

        The page's `as_of` is the position to ask after next: who stores it only when done with
        the page sees every event at least once, and in order.
        """
        ...

    def follow(self, *, after: int = 0) -> AsyncIterator[EventView]:
        """Yield the events after a position, and those to come as soon as they are stored."""
        ...

    async def event(self, event: str) -> EventView:
        """Return one event by its id, its values whole."""
        ...

    async def plans(
        self,
        plan_filter: PlanFilter | None = None,
        *,
        after: str | None = None,
        limit: int = PAGE,
        as_of: AsOf = None,
    ) -> Page[PlanSummary, PlanId]:
        """Return plans, the newest first; `after` is the `next` of the page before."""
        ...

    async def plan_ids(self, beginning: str, *, limit: int = PAGE) -> tuple[PlanId, ...]:
        """Return the ids of plans that begin so, in order; one that is equal comes first."""
        ...

    async def plan(self, plan: str, *, now: datetime | None = None, as_of: AsOf = None) -> PlanView:
        """Return one plan in full, its final output whole."""
        ...

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
        """Return a plan's steps in file order; `total` counts those that the filter lets pass.

        `status` takes statuses, `undone` for steps that were completed and undone since, which
        `completed` leaves out, and `waiting` and `done` for all that wait and all that are over
        without a failure.
        """
        ...

    async def step(
        self, plan: str, path: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> StepView:
        """Return one step, its values whole."""
        ...

    async def timeline(
        self, plan: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> Timeline:
        """Return a plan's timeline."""
        ...

    async def report(
        self, plan: str, *, now: datetime | None = None, as_of: AsOf = None
    ) -> PlanReport:
        """Return a plan's figures."""
        ...

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
        ...

    async def revisions(self, plan: str, *, as_of: AsOf = None) -> tuple[RevisionView, ...]:
        """Return a plan's revisions, the first one first."""
        ...

    async def revision_content(self, plan: str, number: int | None) -> PlanSpec:
        """Return a plan's content at a revision; None means the one that holds."""
        ...

    async def checkpoints(self, plan: str, *, as_of: AsOf = None) -> tuple[CheckpointView, ...]:
        """Return the checkpoints that a plan has, the first taken first."""
        ...

    async def execution_history(
        self, plan: str, *, limit: int = PAGE, as_of: AsOf = None
    ) -> ExecutionHistory:
        """Return a plan's session, steps, events, figures and decisions, first pages of each."""
        ...

    async def workflows(
        self, *, after: str | None = None, limit: int = PAGE
    ) -> Page[WorkflowView, str]:
        """Return the published versions of workflows by name, oldest version first."""
        ...

    async def counts(self) -> StoreCounts:
        """Return how many events and plans there are."""
        ...

    async def position_at(self, time: datetime) -> int:
        """Return the last position that is not after an aware time, 0 if there is none."""
        ...

    async def last_position(self) -> int:
        """Return the newest position, 0 for an empty store."""
        ...

    def export(self, plan: str) -> AsyncIterator[bytes]:
        """Yield the lines of a plan's log, values whole, to be imported into another store."""
        ...
