"""A planner that answers from a list: for tests, examples and first drafts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import anyio.lowlevel

from milepost.domain.errors import PlanningError
from milepost.engine.planner import Proposal, ReplanRequest

Answer: TypeAlias = "Proposal | Exception | Callable[[ReplanRequest], Proposal]"
"""A proposal, an error to raise, or a function that makes a proposal."""


class ScriptedPlanner:
    """Gives one answer after the other, the last one again and again; `requests` are all asked."""

    def __init__(self, *answers: Answer, name: str = "scripted") -> None:
        self._answers: Sequence[Answer] = answers
        self._name = name
        self.requests: list[ReplanRequest] = []

    @property
    def name(self) -> str:
        """What stands in the record."""
        return self._name

    async def plan(self, request: ReplanRequest) -> Proposal:
        """Return the next answer; raise `PlanningError` if there is none."""
        await anyio.lowlevel.checkpoint()
        self.requests.append(request)
        if not self._answers:
            raise PlanningError("the script has no plan")
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer
