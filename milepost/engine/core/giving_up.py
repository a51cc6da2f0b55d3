"""Giving a plan up that failed: it ends as cancelled, after what can be undone is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.events import PlanRecovered, RecoveryStrategy
from milepost.domain.ids import undone_path
from milepost.domain.steps import StepStatus

from .completion import Ending, end
from .derive import derive

if TYPE_CHECKING:
    from .state import PlanState


def give_up(state: PlanState, *, settles: str, why: str) -> None:
    """Settle a failure by ending the plan; its finished steps stay in the record."""
    plan = state.plan
    why = why or "given up"
    state.record(
        PlanRecovered,
        number=plan.revision,
        content=plan.content,
        parent=plan.revision,
        strategy=RecoveryStrategy.ABORT,
        settles=settles,
        kept=sum(
            step.status is not StepStatus.PENDING and undone_path(path) is None
            for path, step in state.steps.items()
        ),
        context=plan.context,
        reason=why,
    )
    derive(state)
    end(state, Ending("cancel", why, {"reason": why}))
