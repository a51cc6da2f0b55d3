"""What the parts of `Milepost` stand on: the store's parts, and asking a plan's owner."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from milepost.domain.commands import Command, arguments_of
from milepost.domain.course import content_of
from milepost.domain.ids import EventId, PlanId
from milepost.domain.plans import PlanSpec
from milepost.domain.references import is_reference
from milepost.engine.coordinator import Coordinator, Watch
from milepost.engine.journal import Journal
from milepost.engine.library import Prepared
from milepost.engine.moments import Moments
from milepost.engine.requests import Requests
from milepost.engine.world import World
from milepost.people import me
from milepost.projections.reader import PlanFilter
from milepost.reading import ReaderSource, Reading

if TYPE_CHECKING:
    from milepost.adapters.workflow.preparation import Preparation, Ready, Runnable
    from milepost.adapters.workflow.published import PublishedWorkflows
    from milepost.domain.events import Event

_PAGE = 1_000


class Asking(Reading):
    """Prepares what is to be run, and has a plan's owner do what is asked."""

    def __init__(
        self,
        journal: Journal,
        coordinator: Coordinator,
        requests: Requests,
        preparation: Preparation,
        published: PublishedWorkflows,
        reader: ReaderSource,
        world: World,
    ) -> None:
        super().__init__(reader)
        self._journal = journal
        self._coordinator = coordinator
        self._requests = requests
        self._preparation = preparation
        self._published = published
        self._world = world
        self._moments = Moments(coordinator.records)

    async def content(self, plan_id: str, number: int | None = None) -> PlanSpec:
        """Return a plan's content at a revision; None means the one that holds.

        In place of a plan, `NAME@VERSION` means what was published.
        """
        if is_reference(plan_id):
            return await self._published.spec(plan_id)
        return await (await self.reader()).revision_content(plan_id, number)

    async def is_carried_on(self, plan_id: str) -> bool:
        """Tell whether a living process, this one or another, carries a plan out now."""
        plan = PlanId(plan_id)
        own = self._coordinator.actor(plan) is not None
        return own or await self._journal.owned_elsewhere(plan)

    async def _ready(
        self, plan: Runnable, *, remove_cycles: bool = False
    ) -> tuple[Ready, str | None]:
        """Return content that can be run, and `NAME@VERSION` if the source is one."""
        if is_reference(plan):
            prepared, reference = await self._published.find(plan)
            return self._preparation.published(prepared), reference
        return self._preparation.prepare(plan, remove_cycles=remove_cycles), None

    async def _prepared(self, plan: Runnable) -> Prepared:
        return (await self._ready(plan))[0].prepared

    async def _spec_of(self, before: Sequence[Event]) -> PlanSpec:
        """Return the content that holds after a plan's events."""
        return await self._coordinator.changes.spec(content_of(before))

    async def _found(self, plan_filter: PlanFilter) -> AsyncIterator[PlanId]:
        """Yield the plans that a filter lets pass, newest first."""
        cursor = None
        while True:
            page = await self.plans(plan_filter, after=cursor, limit=_PAGE)
            for plan in page.items:
                yield plan.id
            cursor = page.next
            if cursor is None:
                return

    async def _ask(
        self,
        plan_id: str,
        name: str,
        command: Command,
        prepared: Prepared | None = None,
        *,
        why: str,
        who: str | None,
        watch: Watch | None = None,
    ) -> EventId:
        """Have a plan's owner do something; return the id of the request."""
        return await self._requests.make(
            PlanId(plan_id),
            name,
            arguments=arguments_of(command),
            contents={prepared.content: prepared.body} if prepared else {},
            who=who or me(),
            why=why,
            watch=watch,
        )
