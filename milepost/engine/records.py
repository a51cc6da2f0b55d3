"""The records of the plans that were looked at last: only what is new is read again.

Events never change and positions follow the order of commits, so what was read stays right.
"""

from __future__ import annotations

from collections import OrderedDict

from milepost.domain.ids import PlanId

from .journal import Journal, Stored

_KEPT = 8
_LONGEST = 100_000
"""Events beyond which a record is not kept."""


class Records:
    """Reads plans' records through a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept: OrderedDict[PlanId, list[Stored]] = OrderedDict()

    async def last_position(self) -> int:
        """Return the newest position of the store, 0 for an empty one."""
        return await self._journal.last_position()

    async def of(self, plan: PlanId) -> list[Stored]:
        """Return the events of a plan, its steps and its requests so far, in commit order."""
        known = self._kept.pop(plan, [])
        after = known[-1].position if known else 0
        record = known + await self._journal.plan_events(plan, after=after)
        if record and len(record) <= _LONGEST:
            self._kept[plan] = record
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return record
