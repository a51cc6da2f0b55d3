"""Sums over a plan's steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from milepost.domain.events import Usage

from .story import PlanStory


@dataclass(frozen=True, slots=True)
class StepCounts:
    """How many steps a plan has in each status; `total` is their sum.

    Steps inside loops count from the moment that one of their iteration moves. A step that was
    undone counts as completed; steps that undo others are not counted.
    """

    total: int = 0
    pending: int = 0
    ready: int = 0
    running: int = 0
    retrying: int = 0
    suspended: int = 0
    completed: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0


def count_steps(story: PlanStory) -> StepCounts:
    """Return how many steps are in each status."""
    own = (place.path for place in story.places if place.undoes is None)
    counts = Counter(story.statuses[path].value for path in own)
    return StepCounts(total=counts.total(), **counts)


def total_usage(story: PlanStory) -> Usage:
    """Return what all attempts of all steps used together."""
    steps = story.steps.values()
    return Usage(
        calls=sum(step.calls for step in steps),
        input_tokens=sum(step.input_tokens for step in steps),
        output_tokens=sum(step.output_tokens for step in steps),
        cpu=sum(step.cpu for step in steps),
    )
