"""The rules of a plan, written down apart from the engine: what may start, end, and how."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from .referee_units import NONE, Unit, Written


class Rules:
    """A plan's steps as they come into being, and what the rules say of them."""

    def __init__(self, steps: list[Written], settings: Written) -> None:
        self.settings = settings
        self.capacity = settings.get("resources", {})
        self.strategy = ""
        self.now: Any = None
        self.steps = steps
        self.units: dict[str, Unit] = {}
        self.root: dict[str, Unit] = {}
        self.to_reset: set[str] = set()
        self.numbers: dict[int, int] = {}
        self.count(steps)

    def slots(self) -> int:
        return 1 if self.strategy == "serial" else int(self.settings["max_parallel_steps"])

    def busy(self) -> int:
        return sum(unit.works and unit.status == "running" for unit in self.units.values())

    def fits(self, unit: Unit) -> bool:
        for name, amount in unit.written.get("resources", {}).items():
            held = sum(
                other.written.get("resources", {}).get(name, 0)
                for other in self.units.values()
                if other.works and other.status == "running"
            )
            if held + amount > self.capacity[name]:
                return False
        return True

    def candidates(self) -> Iterator[Unit]:
        """Yield the working steps that wait for a slot or a resource only."""
        for unit in self.units.values():
            if not unit.works or not unit.wanted or unit.passed_over:
                continue
            again = unit.status == "retrying" and unit.due <= self.now
            fresh = unit.status == "pending" and unit.free() and unit.should_skip() is None
            if again or fresh:
                yield unit

    def is_work(self, path: str) -> bool:
        """Tell whether the step at a path calls a tool."""
        return path in self.units and self.units[path].works

    def key(self, unit: Unit) -> tuple[int, ...]:
        if self.strategy == "serial":
            return (unit.number,)
        if self.strategy == "priority":
            return (-unit.priority(), -unit.path_left(), unit.number)
        if self.strategy == "resources":
            demand = sum(unit.written.get("resources", {}).values())
            return (-demand, -unit.priority(), unit.number)
        return (-unit.priority(), unit.number)

    def verdict(self, unit: Unit) -> str | None:
        """Return how a running container is to end now, None if it is to go on."""
        if unit.kind == "branch" and unit.chosen == NONE:
            return "completed"
        if unit.kind == "loop":
            return self.loop_verdict(unit)
        group = unit.groups[unit.chosen]
        statuses = [child.status for child in group.values()]
        mode = unit.written.get("mode", "all") if unit.kind == "parallel" else "stop_on_failure"
        if mode == "first_success" and "completed" in statuses:
            return "completed"
        if mode == "stop_on_failure" and "failed" in statuses:
            return "failed"
        return self.joined(group)

    def joined(self, group: dict[str, Unit]) -> str | None:
        if not all(child.ended for child in group.values()):
            return None
        lost = any(c.status == "failed" or c.reason == "blocked" for c in group.values())
        return "failed" if lost else "completed"

    def loop_verdict(self, unit: Unit) -> str | None:
        ends = [self.joined(group) for group in unit.groups]
        if any(child.status == "failed" for group in unit.groups for child in group.values()):
            return "failed"
        if "failed" in ends:
            return "failed"
        times, end = unit.iterations()
        if len(ends) < times or None in ends:
            return end if end == "failed" and len(ends) >= times and self.room(unit) else None
        return end

    def output(self, unit: Unit) -> Any:
        """Return what a container gives when it completes."""
        if unit.kind == "loop":
            return [_last(group) for group in unit.groups]
        if unit.kind == "branch":
            return None if unit.chosen == NONE else _last(unit.groups[unit.chosen])
        if unit.kind == "sequential":
            return _last(unit.groups[0])
        done = [child for child in unit.groups[0].values() if child.status == "completed"]
        return {child.written["id"]: child.output for child in done}

    def delay(self, unit: Unit, code: str, *, retryable: bool) -> timedelta | None:
        """Return how long a step waits before it is tried again, None if it is not."""
        policy = unit.written.get("retry")
        if code == "interrupted":
            allowed = policy["max_attempts"] if policy else 3
            return timedelta() if unit.attempt < allowed else None
        if policy is None or not retryable or unit.attempt >= policy["max_attempts"]:
            return None
        return timedelta(seconds=policy["initial_delay"])

    def missing(self) -> list[str]:
        lost = ("failed", "cancelled")
        return [u.path for u in self.root.values() if u.status in lost or u.reason == "blocked"]

    def is_worth_a_retry(self, unit: Unit) -> bool:
        """Tell whether a container's failure is: if the child's was that it failed with."""
        children = [child for group in unit.groups for child in group.values()]
        return next((child.retryable for child in children if child.status == "failed"), False)

    def ends_plan(self, unit: Unit) -> bool:
        ends = unit.written.get("final") or unit.kind == "response"
        return bool(ends) and unit.status == "completed"

    def stops_on_failure(self) -> bool:
        return bool(self.settings.get("stop_on_first_failure", True))

    def choose(self, unit: Unit) -> None:
        cases = unit.written["cases"]
        holds = [unit.holds(case["when"]) if "when" in case else True for case in cases]
        for index, case in enumerate(cases):
            self.open(unit, case["steps"], index)
        unit.chosen = holds.index(True) if True in holds else NONE

    def iterate(self) -> None:
        """Bring the iterations into being that a loop may have begun by now."""
        for unit in list(self.units.values()):
            while unit.kind == "loop" and unit.status == "running" and self.room(unit):
                if len(unit.groups) >= unit.iterations()[0] or self.verdict(unit) == "failed":
                    break
                self.open(unit, unit.written["steps"], len(unit.groups))

    def room(self, unit: Unit) -> bool:
        open_ones = sum(self.joined(group) is None for group in unit.groups)
        return open_ones < int(unit.written.get("concurrency", 1))

    def begin_anew(self, unit: Unit) -> None:
        """Forget a container's children; those that moved are to be reset."""
        children = list(unit.below())
        self.to_reset |= {child.path for child in children if child.status != "pending"}
        for child in children:
            del self.units[child.path]
        unit.groups, unit.chosen = [], 0

    def open(self, unit: Unit, steps: list[Written], index: int | None = None) -> None:
        place = unit.path if index is None else f"{unit.path}[{index}]"
        unit.groups.append(self.new_group(steps, unit, f"{place}."))

    def new_group(self, steps: list[Written], parent: Unit | None, prefix: str) -> dict[str, Unit]:
        group: dict[str, Unit] = {}
        for place, step in enumerate(steps):
            path = prefix + step["id"]
            unit = Unit(step, path, parent, self.numbers[id(step)])
            unit.place, unit.siblings = place, group
            group[step["id"]] = self.units[path] = unit
        return group

    def count(self, steps: list[Written]) -> None:
        for step in steps:
            self.numbers[id(step)] = len(self.numbers)
            self.count(step.get("steps", []))
            for case in step.get("cases", []):
                self.count(case["steps"])


def _last(group: dict[str, Unit]) -> Any:
    done = [child for child in group.values() if child.status == "completed"]
    return done[-1].output if done else None
