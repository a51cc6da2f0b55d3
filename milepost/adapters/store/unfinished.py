"""Which plans have not ended, told by the events of their lifecycles alone."""

from __future__ import annotations

from collections.abc import Iterable

from milepost.domain.aggregates import PlanStream
from milepost.domain.ids import PlanId
from milepost.engine.journal import Stored


def unfinished_plans(courses: Iterable[Stored]) -> list[PlanId]:
    """Return the plans whose stream, folded, has not ended, in the order of their first events."""
    plans: dict[str, PlanStream] = {}
    for stored in courses:
        stream = stored.event.originator_id
        stored.event.mutate(plans.setdefault(stream, PlanStream.shell(stream)))
    return [PlanId(stream) for stream, plan in plans.items() if not plan.ended]
