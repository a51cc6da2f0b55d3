"""Edges that were left out of a plan because they closed a cycle: each is a recorded decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.events import DecisionRecorded, Event
from milepost.domain.values import Json

if TYPE_CHECKING:
    from .state import PlanState

CYCLE_REMOVAL = "cycle_removal"
"""What the decision is about."""


def record_removed_edge(state: PlanState, edge: Json) -> None:
    """Record that the plan runs without an edge that its author wrote."""
    target = edge.get("target") if isinstance(edge, dict) else None
    state.record(
        DecisionRecorded,
        what=CYCLE_REMOVAL,
        chosen=edge,
        why="the dependency closed a cycle, and cycles were to be removed",
        step=target if isinstance(target, str) else None,
    )


def removed_edge(event: Event) -> Json:
    """Return the edge that such a decision left out, None for any other event."""
    if isinstance(event, DecisionRecorded) and event.what == CYCLE_REMOVAL:
        return event.chosen
    return None
