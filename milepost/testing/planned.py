"""All that a plan may come to carry out: its steps, those of its fallback, and what undoes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from milepost.domain.ids import static_path, undo_path
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions.tree import walk
from milepost.domain.steps import StepSpec


class Planned:
    """The steps and the tools of a plan by the names that rules may say them by."""

    def __init__(self, spec: PlanSpec) -> None:
        fallback = spec.fallback if isinstance(spec.fallback, tuple) else ()
        contents = (spec, spec.model_copy(update={"steps": fallback}))
        self._lookups = [StepLookup(content) for content in contents]
        steps = [found for content in contents for found in walk(content.steps)]
        named = (name for path, step in steps for name in _names(static_path(path), step))
        self.names = tuple(dict.fromkeys(named))
        """Ids, paths without numbers, and tools."""

    def estimate(self, path: str) -> timedelta | None:
        """Return how long the step at a path was estimated to take, None if it was not."""
        found = filter(None, (lookup.find(path) for lookup in self._lookups))
        return next((step.estimated_duration for step in found), None)


def _names(path: str, step: StepSpec) -> Iterator[str]:
    yield from (step.id, path)
    if step.tool is not None:
        yield step.tool
    if step.compensate is not None:
        yield from (undo_path(step.id), undo_path(path), step.compensate.tool)
    for alternative in step.alternatives:
        yield alternative.tool
