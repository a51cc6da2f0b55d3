"""What lies before a plan's draft: nothing but the contents that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .contents import ContentFacts
from .prior import KnownContent, KnownPlan


class Beginning:
    """A prior for folding all events of one plan; `contents` are their numbers and facts."""

    def __init__(self, contents: Mapping[ContentHash, tuple[int, ContentFacts]]) -> None:
        self._contents = contents
        self._facts = dict(contents.values())

    def plan(self, plan_id: str) -> KnownPlan | None:  # noqa: ARG002 - a prior's
        """Return no plan."""
        return None

    def step(self, plan: int, path: str) -> StepStatus:  # noqa: ARG002 - a prior's
        """Return that nothing has moved."""
        return StepStatus.PENDING

    def begun_below(self, plan: int, place: str) -> Iterable[str]:  # noqa: ARG002 - a prior's
        """Return no steps."""
        return ()

    def begun_in_loops(self, plan: int) -> Iterable[str]:  # noqa: ARG002 - a prior's
        """Return no steps."""
        return ()

    def content(self, content: ContentHash) -> KnownContent | None:
        """Return one of the plan's contents."""
        number, facts = self._contents[content]
        return KnownContent(number, facts.steps)

    def facts(self, content: int) -> ContentFacts:
        """Return the facts of one of the plan's contents."""
        return self._facts[content]

    def body(self, content: ContentHash) -> bytes | None:  # noqa: ARG002 - a prior's
        """Return no body: the contents are known."""
        return None
