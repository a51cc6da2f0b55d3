"""Where a plan may have steps: the paths that some of its contents have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from milepost.domain.ids import child_path, static_path, undone_path
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepSpec

_PATH = re.compile(r"(?:[^.\[\]]+(?:\[\d+\])?\.)*[^.\[\]]+")


class StepPlaces:
    """The paths of all steps of some contents; a number may stand behind each container."""

    def __init__(self) -> None:
        self._paths: set[str] = set()

    def add(self, content: PlanSpec) -> None:
        """Add the paths of a content's steps."""
        self._paths.update(_paths(content.steps, ""))

    def __contains__(self, path: str) -> bool:
        own = undone_path(path) or path
        return _PATH.fullmatch(own) is not None and static_path(own) in self._paths


def _paths(steps: Sequence[StepSpec], parent: str) -> Iterator[str]:
    for step in steps:
        path = child_path(parent, step.id)
        yield path
        for inner in (step.steps, *(case.steps for case in step.cases)):
            yield from _paths(inner, path)
