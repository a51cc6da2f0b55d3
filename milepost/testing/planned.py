"""All that a plan may come to carry out: its steps, those of its fallback, and what undoes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta

from milepost.domain.errors import ValidationError
from milepost.domain.ids import static_path, undo_path
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions.tree import walk
from milepost.domain.steps import StepKind, StepSpec


class Planned:
    """The steps and the tools of a plan by the names that rules may say them by."""

    def __init__(self, spec: PlanSpec) -> None:
        fallback = spec.fallback if isinstance(spec.fallback, tuple) else ()
        contents = (spec, spec.model_copy(update={"steps": fallback}))
        self._lookups = [StepLookup(content) for content in contents]
        steps = [found for content in contents for found in walk(content.steps)]
        self._kinds: defaultdict[str, set[StepKind]] = defaultdict(set)
        for path, step in steps:
            for name, kind in _named(static_path(path), step):
                self._kinds[name].add(kind)

    @property
    def names(self) -> tuple[str, ...]:
        """Ids, paths without numbers, and tools."""
        return tuple(self._kinds)

    def refuse_failing_people(self, names: Iterable[str]) -> None:
        """Raise `ValidationError` for the name of a step that can only ask a person."""
        for name in names:
            if self._kinds.get(static_path(name)) == {StepKind.USER_INPUT}:
                raise ValidationError(
                    f"{name!r} asks a person, who answers or does not",
                    where="failures",
                    mend="leave out its output, or have it take longer than its `timeout`",
                )

    def estimate(self, path: str) -> timedelta | None:
        """Return how long the step at a path was estimated to take, None if it was not."""
        found = filter(None, (lookup.find(path) for lookup in self._lookups))
        return next((step.estimated_duration for step in found), None)


def _named(path: str, step: StepSpec) -> Iterator[tuple[str, StepKind]]:
    """Yield the names of a step and its calls, each with the kind of step that it names."""
    yield from ((step.id, step.kind), (path, step.kind))
    calls = [alternative.tool for alternative in step.alternatives]
    if step.tool is not None:
        calls.append(step.tool)
    if step.compensate is not None:
        calls += (undo_path(step.id), undo_path(path), step.compensate.tool)
    yield from ((call, StepKind.TOOL_CALL) for call in calls)
