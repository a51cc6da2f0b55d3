"""A plan's execution graph: its steps, and what each waits for."""

from __future__ import annotations

from dataclasses import dataclass

from milepost.domain.ids import StepPath
from milepost.domain.steps import StepKind

from .story import PlanStory


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One step in the graph."""

    path: StepPath
    kind: StepKind
    parent: StepPath | None
    """The container around it."""
    after: tuple[StepPath, ...]
    """The steps that it waits for."""
    level: int
    """How deep among its siblings: it waits for steps of lower levels only."""


def execution_graph(story: PlanStory) -> tuple[GraphNode, ...]:
    """Return the plan's own steps in file order."""
    return tuple(
        GraphNode(
            path=place.path,
            kind=place.spec.kind,
            parent=place.parent.path if place.parent else None,
            after=place.after,
            level=place.level,
        )
        for place in story.places
        if place.undoes is None
    )
