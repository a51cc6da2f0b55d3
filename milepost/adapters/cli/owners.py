"""Which plans nobody carries on, though they have not come to their end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from milepost.domain.plans import PlanStatus

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.projections.plan_views import PlanSummary, PlanView
    from milepost.projections.views import AsOf

_UNDER_WAY = (PlanStatus.READY, PlanStatus.RUNNING)


async def left_alone(milepost: Milepost, plans: Iterable[PlanSummary | PlanView]) -> set[str]:
    """Return the plans that count as under way, and that no living process carries on.

    What came to its end since `plans` were read is not left alone.
    """
    under_way = [plan.id for plan in plans if plan.status in _UNDER_WAY]
    left = [plan for plan in under_way if not await milepost.is_carried_on(plan)]
    return {plan for plan in left if (await milepost.plan(plan)).status in _UNDER_WAY}


async def now_for(milepost: Milepost, plan_id: str, as_of: AsOf) -> datetime | None:
    """Return up to when to count what goes on in a plan: up to now, if it does go on.

    None stands for the newest event: of a past moment, and of a plan that nobody carries on.
    """
    goes_on = as_of is None and await milepost.is_carried_on(plan_id)
    return datetime.now(UTC) if goes_on else None
