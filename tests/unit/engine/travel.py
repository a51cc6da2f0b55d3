"""Random plans that are taken back and on: tools whose results depend on the step alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

from hypothesis import strategies as st

from milepost.domain.course import content_of
from milepost.domain.ids import undone_path
from milepost.engine.core.derive import restore

from .core_run import PLAN, CoreRun
from .written_plans import Step, WrittenPlan, written_plans

TURNS = 600


@st.composite
def travelled_plans(draw: st.DrawFn, *, stopping: bool = False) -> WrittenPlan:
    """Orderly plans, some of whose tools write to the context or can be undone.

    `stopping` ones may end with the first failure, and do not end the same in any order.
    """
    plan = draw(written_plans(orderly=True))
    if stopping:
        plan.settings["stop_on_first_failure"] = draw(st.booleans())
    numbers = st.integers(1, 14)
    writing = draw(st.frozensets(numbers))
    undoable = draw(st.frozensets(numbers))
    for step in each_tool(plan.steps):
        number = int(step["id"][1:])
        if number in writing:
            step["set"] = {f"by_{step['id']}": f"${{{step['id']}.output}}"}
        if number in undoable:
            given = {"id": f"${{{step['id']}.output}}"}
            step["compensate"] = {"tool": "undo", "input": given}
    return plan


def each_group(steps: list[Step]) -> Iterator[list[Step]]:
    """Yield the steps, those of each container, and those of each case."""
    yield steps
    for step in steps:
        for inner in [step.get("steps"), *(case["steps"] for case in step.get("cases", []))]:
            if inner:
                yield from each_group(inner)


def each_tool(steps: list[Step]) -> list[Step]:
    """Return all tool steps, wherever they are."""
    return [step for group in each_group(steps) for step in group if step["kind"] == "tool"]


def containers_of(steps: Sequence[Step]) -> frozenset[str]:
    """Return the ids of the steps that hold others."""
    found: set[str] = set()
    for step in steps:
        inner = [step.get("steps", []), *(case["steps"] for case in step.get("cases", []))]
        if any(inner):
            found |= {step["id"]}.union(*map(containers_of, inner))
    return frozenset(found)


def result_at(path: str) -> Any:
    """Return what the tool of a step gives, whenever it is called."""
    return ["result of", path]


class Traveller:
    """A plan and the luck of its tools; undoing always succeeds."""

    def __init__(self, plan: WrittenPlan, **settings: Any) -> None:
        self.plan = plan
        self.run = CoreRun(*plan.steps, settings={**plan.settings, **settings})

    def clone(self) -> Traveller:
        """Return another traveller who has come the same way."""
        other = copy(self)
        other.run = run = copy(self.run)
        run.log, run.groups = list(run.log), list(run.groups)
        run.contents = dict(run.contents)
        run.state = restore(PLAN, run.log, run.contents[content_of(run.own)])
        return other

    def end_attempt(self, path: str) -> None:
        """End an attempt as the plan's luck has it."""
        run, name = self.run, path.rpartition(".")[2]
        attempt = run.state.instances[path].step.attempt  # type: ignore[index]
        fails = undone_path(path) is None and attempt <= self.plan.failures.get(name, 0)
        if fails:
            run.fail(path, retryable=name not in self.plan.fatal)
        else:
            run.succeed(path, result_at(path))

    def turn(self, choice: int = 0) -> bool:
        """Let one thing happen; tell whether there was anything left."""
        run = self.run
        if run.state.plan.ended or run.state.plan.status == "paused":
            return False
        due = run.state.timers.next_time()
        moves = [*run.running, *([""] if due is not None else [])]
        if not moves:
            return False
        path = moves[choice % len(moves)]
        if path:
            self.end_attempt(path)
        else:
            run.wait_for_timer()
        return True

    def go(self, choices: Sequence[int] = ()) -> Traveller:
        """Go on until nothing is left to do."""
        for turn in range(TURNS):
            if not self.turn(choices[turn] if turn < len(choices) else 0):
                return self
        raise AssertionError("the plan does not come to rest")
