"""A fold of the log written apart from the product's: states, activations, and what is illegal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .legal_moves import (
    ACTIVE,
    ALLOWED_AFTER_THE_END,
    ENDED,
    FINAL,
    PLAN,
    REOPENING,
    REVISING,
    SETS_CONTEXT,
    STEP,
)
from .record import Line

UNDO = "~undo"
"""What the path of a step that undoes another one ends with."""


@dataclass
class StepState:
    """Where one step stands."""

    status: str = "pending"
    attempt: int = 0
    activation: int = 0
    output: object = None
    waiting: str | None = None
    version: int = 0
    content: str = ""
    """The plan's content when the step was last started."""
    completed_at: int = 0
    """Position of its completion, 0 if it has none in this activation."""
    source: str | None = None
    """Id of the event that holds the result, if it was taken over rather than worked out."""
    adopted: bool = False

    @property
    def ended(self) -> bool:
        return self.status in FINAL


@dataclass
class PlanFold:
    """One plan as its lines add up; `wrong` says what cannot have happened."""

    id: str
    status: str = "absent"
    content: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    revision: int = 1
    epoch: int = 1
    undoing: bool = False
    """Whether the plan does nothing but undo its steps."""
    steps: dict[str, StepState] = field(default_factory=dict)
    calls: dict[tuple[str, int, int], int] = field(default_factory=dict)
    """Position of each start, by path, activation and attempt."""
    active: dict[str, str] = field(default_factory=dict)
    """Status of the steps that are under way, by path."""
    ends: list[str] = field(default_factory=list)
    """How each of its epochs ended."""
    restorations: set[str] = field(default_factory=set)
    """Events that put containers back into the attempts that they were in."""
    wrong: list[str] = field(default_factory=list)

    def add(self, line: Line) -> None:
        if line.path is not None:
            self._add_step(line, self.steps.setdefault(line.path, StepState()))
        elif line.stream == self.id:
            self._add_plan(line)

    def counts(self) -> tuple[int, ...]:
        """How many of the plan's own steps completed, failed, were skipped, were cancelled."""
        states = [step.status for path, step in self.steps.items() if not path.endswith(UNDO)]
        return tuple(states.count(one) for one in ("completed", "failed", "skipped", "cancelled"))

    def is_undone(self, path: str) -> bool:
        """Tell whether what a step did was taken back in the world."""
        undoing = self.steps.get(path + UNDO)
        return undoing is not None and undoing.status == "completed"

    def _add_plan(self, line: Line) -> None:
        if self.status in ENDED and line.kind not in ALLOWED_AFTER_THE_END:
            self.wrong.append(f"{line.id} {line.kind}: the plan was {self.status}")
        sources, target = PLAN.get(line.kind, ({self.status}, self.status))
        if self.status not in sources:
            self.wrong.append(f"{line.id} {line.kind} while {self.status}")
        self.epoch += line.kind in REOPENING and self.status in ENDED
        if target in ENDED and line.kind in PLAN:
            self.ends.append(target)
            self._refuse_active(line, "")
        self.status = target
        self._take_over(line)

    def _take_over(self, line: Line) -> None:
        """Note the content, the context and what else the plan is now at."""
        self.content = line.data.get("content", self.content)
        if line.kind in REVISING:
            self.revision = line.data["number"]
        if line.kind in REOPENING or line.kind == "plan.compensation_ended.v1":
            self.undoing = line.kind == "plan.compensation_begun.v1"
        if line.kind == "plan.restored.v1":
            self.restorations.add(line.id)
        if line.kind == "plan.context_changed.v1":
            self.context = self.context | line.data["changes"]
        elif line.kind in SETS_CONTEXT:
            self.context = line.data.get("context", {})

    def _add_step(self, line: Line, step: StepState) -> None:
        if self.status in ENDED:
            self.wrong.append(f"{line.id} {line.kind}: the plan was {self.status}")
        sources, target = STEP[line.kind]
        if step.status not in sources:
            self.wrong.append(f"{line.id} {line.kind} while {step.status}")
        if target in FINAL:
            self._refuse_active(line, str(line.path))
        step.status, step.version = target, line.version
        self.active.pop(str(line.path), None)
        if target in ACTIVE:
            self.active[str(line.path)] = target
        step.waiting = line.data.get("waiting")
        if line.kind == "step.started.v1":
            self._start(line, step)
        elif line.kind in ("step.completed.v1", "step.adopted.v1"):
            step.output, step.completed_at = line.data.get("output"), line.position
            step.adopted, step.source = line.kind == "step.adopted.v1", line.data.get("source")
        elif line.kind == "step.reset.v1":
            step.activation, step.attempt = step.activation + 1, 0
            step.output, step.completed_at, step.adopted, step.source = None, 0, False, None

    def _refuse_active(self, line: Line, path: str) -> None:
        """Nothing may end around a step that is still under way."""
        for other, status in self.active.items():
            if not path or other.startswith((f"{path}.", f"{path}[")):
                self.wrong.append(f"{line.id} {line.kind} while {other} is {status}")

    def _start(self, line: Line, step: StepState) -> None:
        attempt = line.data.get("attempt", 1)
        if attempt != step.attempt + 1 and line.cause not in self.restorations:
            self.wrong.append(f"{line.id}: attempt {attempt} follows attempt {step.attempt}")
        step.attempt, step.content = attempt, self.content
        self.calls[str(line.path), step.activation, attempt] = line.position


def folded(lines: Sequence[Line]) -> PlanFold:
    """Return a plan as its lines leave it."""
    fold = PlanFold(lines[0].plan)
    for line in lines:
        fold.add(line)
    return fold


def fold(lines: Iterable[Line]) -> dict[str, PlanFold]:
    """Return every plan as the lines leave it."""
    plans: dict[str, PlanFold] = {}
    for line in lines:
        plans.setdefault(line.plan, PlanFold(line.plan)).add(line)
    return {plan: one for plan, one in plans.items() if one.status != "absent" or one.steps}


def moments(lines: Iterable[Line]) -> Iterator[tuple[PlanFold, Line]]:
    """Yield each line with its plan as it stood just before."""
    plans: dict[str, PlanFold] = {}
    for line in lines:
        plan = plans.setdefault(line.plan, PlanFold(line.plan))
        yield plan, line
        plan.add(line)
