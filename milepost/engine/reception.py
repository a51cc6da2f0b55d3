"""What a plan has to decide about first when it is taken up, and what people ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from milepost.domain.events import Event, RequestMade
from milepost.domain.ids import StepPath

from .changes import Changes
from .core import Outcome, PlanState, Recovered, Requested
from .models import SchemaCheck


class Reception:
    """Makes outcomes of what is on record; `owner` is this process, `check` is for answers."""

    def __init__(self, owner: str, check: SchemaCheck, changes: Changes) -> None:
        self._owner = owner
        self._check = check
        self._changes = changes

    def first(self, state: PlanState, events: Sequence[Event], fence: int) -> list[Outcome]:
        """Return the outcomes of taking a plan up: its new owner, then what is unanswered."""
        reason = "taken over" if state.busy else "resumed"
        outcomes: list[Outcome] = []
        if not state.plan.ended:
            outcomes.append(Recovered(self._owner, fence, reason, self._interrupted(state)))
        for event in events:
            outcomes += self.requested(state, event)
        return outcomes

    def requested(self, state: PlanState, event: Event) -> list[Requested]:
        """Return an event as a request, if it is one that has no answer yet."""
        if not isinstance(event, RequestMade):
            return []
        if event.originator_version <= state.plan.handled_requests:
            return []
        return [self.received(state, event)]

    def received(self, state: PlanState, request: RequestMade) -> Requested:
        """Return a request with what is wrong with its value, if something is."""
        return Requested(request, self._problem(state, request))

    def _interrupted(self, state: PlanState) -> Mapping[StepPath, bool]:
        """Return the steps that were cut off, each with whether its tool may have written."""
        found: dict[StepPath, bool] = {}
        for path, instance in state.active.items():
            if instance.node.works and instance.is_running:
                tool = instance.node.spec.tool
                found[path] = tool is not None and self._changes.may_write(tool)
        return found

    def _problem(self, state: PlanState, request: RequestMade) -> str | None:
        """Return why the value of an answer does not fit the question, if it does not."""
        given = request.arguments
        instance = state.instances.get(StepPath(str(given.get("step"))))
        question = instance.step.question if instance is not None else None
        if question is None or question.answer_schema is None:
            return None
        by_value = request.command == "answer" and given.get("outcome", "value") == "value"
        return self._check(given.get("value"), question.answer_schema) if by_value else None
