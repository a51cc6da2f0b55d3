"""Drives the core of plans that are replanned: the test is the planner."""

from __future__ import annotations

from collections.abc import Sequence

from milepost.domain.events import ErrorRecord, Event, ReplanBegun, RequestMade
from milepost.domain.plans import PlanSpec
from milepost.domain.replanning import RevisionStrategy
from milepost.domain.values import ContentHash
from milepost.engine.core import (
    CompiledPlan,
    Planned,
    PlanningChoice,
    PlanningFailed,
    Requested,
    compile_plan,
)

from .core_run import CONTENT, EXPRESSIONS, CoreRun, Fields


class ReplanRun(CoreRun):
    """One plan with `replan` in its settings; `plan` and `no_plan` answer for the planner."""

    def __init__(self, *steps: Fields, settings: Fields | None = None, **more: Fields) -> None:
        super().__init__(*steps, settings={"replan": {}, **(settings or {})}, **more)  # type: ignore[arg-type]

    @property
    def first(self) -> CompiledPlan:
        """The content that the plan began with; `compiled` is the one that holds."""
        return self.contents[CONTENT]

    @property
    def begun(self) -> ReplanBegun:
        """The replan that waits for an answer."""
        found = self.state.plan.replanning
        assert found is not None, "no planner is asked"
        return found

    def plan(
        self,
        *steps: Fields,
        strategy: str = "partial",
        again: Sequence[str] = (),
        choices: Sequence[PlanningChoice] = (),
        settings: Fields | None = None,
    ) -> list[Event]:
        """Answer with a whole content; without steps it is the present one."""
        given = self.compiled.spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        given |= {"steps": steps} if steps else {}
        given |= {"settings": settings} if settings is not None else {}
        spec = PlanSpec.model_validate(given)
        content = CONTENT
        if spec != self.first.spec:
            content = ContentHash(f"sha256:{len(self.contents)}")
            self.contents[content] = compile_plan(spec, EXPRESSIONS)
        answer = Planned(
            begun=self.begun.id,
            planner="planner",
            content=content,
            strategy=RevisionStrategy(strategy),
            why="so says the test",
            again=tuple(again),
            choices=tuple(choices),
            compiled=self.contents[content],
        )
        return self.decide(answer)

    def recover(self, request: RequestMade) -> list[Event]:
        """Carry a request to recover the plan out, with what the shell adds to it."""
        history = [event for event in self.log if not isinstance(event, RequestMade)]
        return self.decide(Requested(request, None, self.compiled, history))

    def no_plan(self, message: str = "there is no other way") -> list[Event]:
        """Answer that there is no plan."""
        error = ErrorRecord(kind="planning", code="planning", message=message, retryable=False)
        return self.decide(PlanningFailed(self.begun.id, "planner", error))
