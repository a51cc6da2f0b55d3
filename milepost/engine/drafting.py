"""What a plan is begun with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from milepost.domain.aggregates import PlanStream
from milepost.domain.events import PlanDrafted
from milepost.domain.ids import PlanId
from milepost.domain.values import Json

from .core import PlanState
from .library import Prepared


@dataclass(frozen=True, slots=True)
class Draft:
    """What a plan is begun with besides its content."""

    id: PlanId
    inputs: dict[str, Json] = field(default_factory=dict)
    session: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    workflow: str | None = None
    trace: str | None = None
    breakpoints: tuple[str, ...] = ()
    removed: tuple[Json, ...] = ()
    """Edges that were left out of the content because they closed a cycle."""


def drafted(prepared: Prepared, draft: Draft, now: datetime) -> PlanState:
    """Return the state of a plan that has its draft and nothing else, not stored yet."""
    state = PlanState(PlanStream.shell(draft.id), prepared.compiled)
    state.now = now
    spec = prepared.spec
    state.record(
        PlanDrafted,
        content=prepared.content,
        name=spec.name,
        version=spec.version,
        workflow=draft.workflow,
        inputs=draft.inputs,
        context=spec.context,
        session=draft.session,
        user=draft.user,
        tags=draft.tags,
        trace=draft.trace,
        breakpoints=draft.breakpoints,
    )
    return state
