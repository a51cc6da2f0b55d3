"""Replaying what is on record: one plan, or all of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from milepost.domain.course import contents_of
from milepost.domain.errors import StoreFormatError, ValidationError
from milepost.domain.ids import PlanId
from milepost.engine.replay import ReplayReport, replay
from milepost.projections.reader import PlanFilter

from .asking import Asking

MOST_DIFFERENT = 20
"""Differing plans that a report names."""


@dataclass(frozen=True, slots=True)
class ReplayedAll:
    """What replaying many plans came to."""

    plans: int
    events: int
    different: int
    """How many plans did not replay as recorded."""
    first: tuple[ReplayReport, ...]
    """The first of them."""
    unreadable: tuple[tuple[PlanId, str], ...]
    """Plans whose record cannot be read, so that nothing can be decided, and why."""
    seconds: float

    @property
    def equal(self) -> bool:
        """Whether every plan replayed as recorded."""
        return not (self.different or self.unreadable)

    @property
    def events_per_second(self) -> float:
        """How many events were replayed by a second, reading included."""
        return self.events / self.seconds if self.seconds else 0.0


class Proving(Asking):
    """Decides records again, without tools, models or network."""

    async def replay(self, plan_id: str) -> ReplayReport:
        """Decide a plan's record again, without tools, models or network, and compare."""
        stored = await self._journal.plan_events(PlanId(plan_id))
        names = contents_of(one.event for one in stored)
        contents = {name: await self._coordinator.changes.content(name) for name in names}
        return replay(plan_id, stored, contents)

    async def replay_all(
        self,
        plan_filter: PlanFilter | None = None,
        **filters: Any,  # noqa: ANN401 - the fields of PlanFilter
    ) -> ReplayedAll:
        """Replay all plans that a filter lets pass, newest first; `filters` are its fields.

        A plan whose record cannot be read is named, and the others are replayed.
        """
        begun = time.perf_counter()
        plans = events = 0
        different: list[ReplayReport] = []
        unreadable: list[tuple[PlanId, str]] = []
        async for plan in self._found(replace(plan_filter or PlanFilter(), **filters)):
            plans += 1
            try:
                report = await self.replay(plan)
            except (StoreFormatError, ValidationError) as error:
                unreadable.append((plan, str(error)))
                continue
            events += report.events
            if not report.equal:
                different.append(report)
        return ReplayedAll(
            plans=plans,
            events=events,
            different=len(different),
            first=tuple(different[:MOST_DIFFERENT]),
            unreadable=tuple(unreadable),
            seconds=time.perf_counter() - begun,
        )
