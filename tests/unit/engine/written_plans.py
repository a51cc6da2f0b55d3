"""Random plans as workflow files would write them, and what their tools are going to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Step = dict[str, Any]

LEAVES = ("tool", "tool", "tool", "wait")
CONTAINERS = ("parallel", "parallel", "sequential", "branch", "loop", "loop")
MOST_STEPS = 14


@dataclass
class WrittenPlan:
    """A plan's steps and settings; `failures` says how many first attempts of a step fail."""

    steps: list[Step]
    settings: dict[str, Any]
    failures: dict[str, int] = field(default_factory=dict)
    fatal: frozenset[str] = frozenset()
    """Steps whose errors are not worth a retry."""


@dataclass
class _Author:
    """Writes steps one after another; `names` are taken in order, so every id is unique."""

    draw: st.DrawFn
    orderly: bool
    """Whether the plan's end must not depend on who is faster."""
    written: int = 0

    def steps(self, depth: int, outer: list[str]) -> list[Step]:
        siblings: list[Step] = []
        fewest = 2 if depth == 1 else 1
        for _number in range(self.draw(st.integers(fewest, 5))):
            if siblings and self.written >= MOST_STEPS:
                break
            seen = outer + [step["id"] for step in siblings]
            siblings.append(self.step(depth, seen))
        return siblings

    def step(self, depth: int, seen: list[str]) -> Step:
        self.written += 1
        step: Step = {"id": f"s{self.written}", "input": {}}
        kinds = LEAVES + (CONTAINERS if depth < 3 and self.written < MOST_STEPS else ())
        step["kind"] = self.draw(st.sampled_from(kinds))
        if edges := self.edges(seen):
            step["depends_on"] = edges
        if self.rarely():
            step["when"] = self.condition(seen)
        if self.rarely():
            step["priority"] = self.draw(st.integers(-1, 1))
        getattr(self, step["kind"])(step, depth, seen)
        return step

    def edges(self, seen: list[str]) -> list[Any]:
        some = st.lists(st.sampled_from(seen), unique=True, max_size=2)
        named: list[str] = self.draw(some) if seen else []
        return [self.edge(name, seen) for name in named]

    def edge(self, name: str, seen: list[str]) -> Any:
        if not self.rarely():
            return name
        edge: Step = {"step": name}
        edge["settle"] = self.draw(st.sampled_from(["done", "done_or_skipped", "any"]))
        types = ["sequential", "conditional"] + ["parallel"] * (not self.orderly)
        edge["type"] = self.draw(st.sampled_from(types))
        edge["priority"] = self.draw(st.integers(0, 2))
        if self.rarely():
            edge["when"] = self.condition(seen)
        return edge

    def condition(self, seen: list[str]) -> str:
        by_status: bool = self.draw(st.booleans())
        if seen and by_status:
            word = self.draw(st.sampled_from(["completed", "failed", "skipped"]))
            return f'{self.draw(st.sampled_from(seen))}.status == "{word}"'
        return self.draw(st.sampled_from(["true", "false"]))

    def tool(self, step: Step, depth: int, seen: list[str]) -> None:
        del depth, seen
        step["tool"] = "work"
        if self.draw(st.booleans()):
            step["retry"] = self.retry()
        if self.rarely():
            step["resources"] = {"gpu": self.draw(st.integers(1, 2))}
        if not self.orderly and self.draw(st.integers(0, 30)) == 30:
            step["final"] = True

    def wait(self, step: Step, depth: int, seen: list[str]) -> None:
        del depth, seen
        step["wait_for"] = self.draw(st.integers(0, 3))

    def parallel(self, step: Step, depth: int, seen: list[str]) -> None:
        modes = ["all"] if self.orderly else ["all", "first_success", "stop_on_failure"]
        step["mode"] = self.draw(st.sampled_from(modes))
        self.sequential(step, depth, seen)

    def sequential(self, step: Step, depth: int, seen: list[str]) -> None:
        step["steps"] = self.steps(depth + 1, seen)
        if self.rarely():
            step["retry"] = self.retry()

    def branch(self, step: Step, depth: int, seen: list[str]) -> None:
        cases: list[Step] = [
            {"when": self.condition(seen), "steps": self.steps(depth + 1, seen)}
            for _case in range(self.draw(st.integers(1, 2)))
        ]
        if self.draw(st.booleans()):
            cases.append({"steps": self.steps(depth + 1, seen)})
        step["cases"] = cases
        if self.rarely():
            step["retry"] = self.retry()

    def loop(self, step: Step, depth: int, seen: list[str]) -> None:
        times = self.draw(st.sampled_from([1, 2, 3, 0]))
        way = self.draw(st.sampled_from(["for_each", "count", "while", "until"]))
        written: dict[str, object] = {
            "for_each": list(range(times)),
            "count": times,
            "while": f"index < {times}",
            "until": f"index >= {times - 1}",
        }
        step[way] = written[way]
        if way in ("for_each", "count"):
            step["concurrency"] = 1 if self.orderly else self.draw(st.integers(1, 2))
        if self.rarely():
            step["max_iterations"] = self.draw(st.integers(1, 3))
        self.sequential(step, depth, seen)

    def retry(self) -> Step:
        return {
            "max_attempts": self.draw(st.integers(2 if self.orderly else 1, 3)),
            "initial_delay": self.draw(st.integers(0, 2)),
            "strategy": "fixed",
            "jitter": False,
        }

    def rarely(self) -> bool:
        return self.draw(st.integers(0, 3)) == 3


@st.composite
def written_plans(draw: st.DrawFn, *, orderly: bool = False) -> WrittenPlan:
    """Plans of up to some fifteen steps; `orderly` ones end the same in whatever order they run."""
    author = _Author(draw, orderly)
    steps = author.steps(1, [])
    schedules = ["auto", "serial", "parallel", "dag", "priority", "resources"]
    settings = {
        "max_parallel_steps": draw(st.integers(1, 4)),
        "stop_on_first_failure": False if orderly else draw(st.booleans()),
        "scheduling": draw(st.sampled_from(schedules)),
        "resources": {"gpu": 2},
    }
    names = [f"s{number}" for number in range(1, author.written + 1)]
    often = [99] if orderly else [1, 2, 99]
    failures = draw(st.dictionaries(st.sampled_from(names), st.sampled_from(often)))
    fatal = draw(st.frozensets(st.sampled_from(names), max_size=2))
    return WrittenPlan(steps, settings, failures, fatal)
