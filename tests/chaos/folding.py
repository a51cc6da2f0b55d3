"""A fold of the log written apart from the product's: states, activations, and what is illegal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .record import Line

_FINAL = {"completed", "failed", "skipped", "cancelled"}
_ACTIVE = {"running", "retrying", "suspended"}
_STEP = {
    "step.started.v1": ({"pending", "retrying", "suspended"}, "running"),
    "step.completed.v1": ({"running", "suspended"}, "completed"),
    "step.failed.v1": ({"pending", "running", "retrying", "suspended"}, "failed"),
    "step.retrying.v1": ({"running", "suspended"}, "retrying"),
    "step.suspended.v1": ({"running"}, "suspended"),
    "step.skipped.v1": ({"pending", "retrying", "suspended"}, "skipped"),
    "step.cancelled.v1": ({"pending", "running", "retrying", "suspended"}, "cancelled"),
    "step.reset.v1": (_FINAL | {"running", "retrying", "suspended"}, "pending"),
}
_PLAN = {
    "plan.drafted.v1": ({"absent"}, "ready"),
    "plan.started.v1": ({"ready"}, "running"),
    "plan.paused.v1": ({"running"}, "paused"),
    "plan.resumed.v1": ({"paused"}, "running"),
    "plan.completed.v1": ({"running", "paused"}, "completed"),
    "plan.failed.v1": ({"ready", "running", "paused"}, "failed"),
    "plan.cancelled.v1": ({"ready", "running", "paused"}, "cancelled"),
}
ENDED = {"completed", "failed", "cancelled"}
_ALLOWED_AFTER_THE_END = {"plan.request_answered.v1"}


@dataclass
class StepState:
    """Where one step stands."""

    status: str = "pending"
    attempt: int = 0
    activation: int = 0
    output: object = None
    waiting: str | None = None

    @property
    def ended(self) -> bool:
        return self.status in _FINAL


@dataclass
class PlanFold:
    """One plan as its lines add up; `wrong` says what cannot have happened."""

    id: str
    status: str = "absent"
    content: str = ""
    steps: dict[str, StepState] = field(default_factory=dict)
    calls: dict[tuple[str, int, int], int] = field(default_factory=dict)
    """Position of each start, by path, activation and attempt."""
    active: dict[str, str] = field(default_factory=dict)
    """Status of the steps that are under way, by path."""
    wrong: list[str] = field(default_factory=list)

    def add(self, line: Line) -> None:
        if line.path is not None:
            self._add_step(line, self.steps.setdefault(line.path, StepState()))
        elif line.stream == self.id:
            self._add_plan(line)

    def counts(self) -> tuple[int, ...]:
        """How many steps completed, failed, were skipped, were cancelled."""
        states = [step.status for step in self.steps.values()]
        return tuple(states.count(one) for one in ("completed", "failed", "skipped", "cancelled"))

    def _add_plan(self, line: Line) -> None:
        if self.status in ENDED and line.kind not in _ALLOWED_AFTER_THE_END:
            self.wrong.append(f"{line.id} {line.kind}: the plan was {self.status}")
        sources, target = _PLAN.get(line.kind, ({self.status}, self.status))
        if self.status not in sources:
            self.wrong.append(f"{line.id} {line.kind} while {self.status}")
        if target in ENDED:
            self._refuse_active(line, "")
        self.status = target
        self.content = line.data.get("content", self.content)

    def _add_step(self, line: Line, step: StepState) -> None:
        if self.status in ENDED:
            self.wrong.append(f"{line.id} {line.kind}: the plan was {self.status}")
        sources, target = _STEP[line.kind]
        if step.status not in sources:
            self.wrong.append(f"{line.id} {line.kind} while {step.status}")
        if target in _FINAL:
            self._refuse_active(line, str(line.path))
        step.status = target
        self.active.pop(str(line.path), None)
        if target in _ACTIVE:
            self.active[str(line.path)] = target
        step.waiting = line.data.get("waiting")
        if line.kind == "step.started.v1":
            self._start(line, step)
        elif line.kind == "step.completed.v1":
            step.output = line.data.get("output")
        elif line.kind == "step.reset.v1":
            step.activation, step.attempt, step.output = step.activation + 1, 0, None

    def _refuse_active(self, line: Line, path: str) -> None:
        """Nothing may end around a step that is still under way."""
        for other, status in self.active.items():
            if not path or other.startswith((f"{path}.", f"{path}[")):
                self.wrong.append(f"{line.id} {line.kind} while {other} is {status}")

    def _start(self, line: Line, step: StepState) -> None:
        attempt = line.data.get("attempt", 1)
        if attempt != step.attempt + 1:
            self.wrong.append(f"{line.id}: attempt {attempt} follows attempt {step.attempt}")
        step.attempt = attempt
        self.calls[str(line.path), step.activation, attempt] = line.position


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
