"""What lies before a plan's draft: nothing but the content that it uses."""

from __future__ import annotations

from collections.abc import Mapping

from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .prior import KnownContent, KnownPlan


class Beginning:
    """A prior for folding all events of one plan."""

    def __init__(self, content: KnownContent, loops: Mapping[str, int]) -> None:
        self._content = content
        self._loops = loops

    def plan(self, plan_id: str) -> KnownPlan | None:  # noqa: ARG002 - a prior's
        """Return no plan."""
        return None

    def step(self, plan: int, path: str) -> StepStatus:  # noqa: ARG002 - a prior's
        """Return that nothing has moved."""
        return StepStatus.PENDING

    def moved_below(self, plan: int, place: str) -> bool:  # noqa: ARG002 - a prior's
        """Return that nothing has moved."""
        return False

    def content(self, content: ContentHash) -> KnownContent | None:  # noqa: ARG002 - a prior's
        """Return the plan's content."""
        return self._content

    def loops(self, content: int) -> Mapping[str, int]:  # noqa: ARG002 - a prior's
        """Return the loops of the plan's content."""
        return self._loops

    def body(self, content: ContentHash) -> bytes | None:  # noqa: ARG002 - a prior's
        """Return no body: the content is known."""
        return None
