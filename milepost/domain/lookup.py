"""Finding the step of a plan that a path names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .ids import decode_segment
from .plans import PlanSpec
from .steps import StepKind, StepSpec

_SEGMENT = re.compile(r"([^.\[]+)(?:\[(\d+)\])?(?:\.|$)")


class StepLookup:
    """The steps of one plan by path; numbers of iterations say nothing, those of cases do."""

    def __init__(self, spec: PlanSpec) -> None:
        self._spec = spec
        self._known: dict[int, dict[str, StepSpec]] = {}

    def find(self, path: str) -> StepSpec | None:
        """Return the step at a path, None if the plan has none there."""
        siblings: Sequence[StepSpec] = self._spec.steps
        step: StepSpec | None = None
        for name, index in _SEGMENT.findall(path):
            step = self._among(siblings).get(decode_segment(name))
            if step is None:
                return None
            siblings = _inside(step, int(index) if index else None)
        return step

    def _among(self, siblings: Sequence[StepSpec]) -> dict[str, StepSpec]:
        known = self._known.get(id(siblings))
        if known is None:
            known = self._known[id(siblings)] = {step.id: step for step in siblings}
        return known


def _inside(step: StepSpec, index: int | None) -> Sequence[StepSpec]:
    if step.kind is not StepKind.BRANCH:
        return step.steps
    return step.cases[index].steps if index is not None and index < len(step.cases) else ()
