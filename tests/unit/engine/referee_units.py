"""What the referee knows of a plan: its steps as they come into being, by the written rules.

Nothing here is taken from the engine: the written plan (plain mappings) is read again, naively,
whenever something is asked. Slow and obvious on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Written = dict[str, Any]
ENDED = ("completed", "failed", "skipped", "cancelled")
ACTIVE = ("running", "retrying", "suspended")
NONE = -1
"""The choice of a branch none of whose cases holds."""
_STATUS = re.compile(r'(\w+)\.status == "(\w+)"')
_INDEX = re.compile(r"index (<|>=) (-?\d+)")


class Unit:
    """One step that came into being."""

    def __init__(self, written: Written, path: str, parent: Unit | None, number: int) -> None:
        self.written = written
        self.path = path
        self.parent = parent
        self.number = number
        """Place in the file, parents first."""
        self.place = 0
        self.siblings: dict[str, Unit] = {}
        self.groups: list[dict[str, Unit]] = []
        self.chosen = 0
        """The case that a branch took."""
        self.status = "pending"
        self.reason = ""
        self.attempt = 0
        self.due: Any = None
        self.output: Any = None
        self.asks = False
        self.retryable = False

    @property
    def kind(self) -> str:
        return str(self.written["kind"])

    @property
    def works(self) -> bool:
        return self.kind in ("tool", "llm")

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def wanted(self) -> bool:
        """Whether the step may move at all: its container runs."""
        return self.parent is None or self.parent.status == "running"

    @property
    def passed_over(self) -> bool:
        """Whether the step is in a case that its branch did not take."""
        parent = self.parent
        if parent is None or parent.kind != "branch":
            return False
        return parent.groups.index(self.siblings) != parent.chosen

    def find(self, name: str) -> Unit:
        """Return the step of that id that this one sees: a sibling or one further out."""
        unit: Unit | None = self
        while unit is not None:
            if name in unit.siblings:
                return unit.siblings[name]
            unit = unit.parent
        raise LookupError(name)

    def below(self) -> Iterator[Unit]:
        for group in self.groups:
            for child in group.values():
                yield child
                yield from child.below()

    def awaited(self) -> list[tuple[Unit, str]]:
        """Return what must end before the step moves, each with how it must end."""
        found = [
            (self.find(edge["step"]), edge.get("settle", "done_or_skipped"))
            for edge in self.edges()
            if edge.get("type") != "parallel"
        ]
        named = {edge["step"] for edge in self.edges()}
        ordered = self.parent is not None and self.parent.kind != "parallel"
        before = list(self.siblings)[self.place - 1] if ordered and self.place else None
        if before is not None and before not in named:
            found.append((self.siblings[before], "done_or_skipped"))
        known = [unit for unit, _settle in found]
        names = (self.find(name) for name in sorted(self.names_used()))
        return [*found, *((name, "done_or_skipped") for name in names if name not in known)]

    def edges(self) -> list[Written]:
        given = self.written.get("depends_on", [])
        return [{"step": edge} if isinstance(edge, str) else edge for edge in given]

    def conditions(self) -> list[str]:
        found = [edge["when"] for edge in self.edges() if "when" in edge]
        return [*found, self.written["when"]] if "when" in self.written else found

    def names_used(self) -> set[str]:
        cases = [case.get("when", "true") for case in self.written.get("cases", [])]
        return {match[1] for text in self.conditions() + cases for match in _STATUS.finditer(text)}

    def free(self) -> bool:
        """Whether all that the step waits for has ended."""
        return all(source.ended for source, _settle in self.awaited())

    def blocked(self) -> bool:
        return not all(_passes(source, settle) for source, settle in self.awaited())

    def holds(self, condition: str) -> bool:
        """Evaluate one of the few conditions that random plans are written with."""
        if condition in ("true", "false"):
            return condition == "true"
        match = _STATUS.fullmatch(condition)
        assert match is not None, condition
        return self.find(match[1]).status == match[2]

    def should_skip(self) -> str | None:
        """Return why the step is to be skipped, None if it is to go on."""
        if self.blocked():
            return "blocked"
        return None if all(map(self.holds, self.conditions())) else "condition"

    def priority(self) -> int:
        given: list[int] = [step.get("priority", 0) for step in (self.written, *self.edges())]
        return max(given)

    def path_left(self) -> int:
        """Return how many steps follow this one among its siblings, itself included."""
        after = [
            other.path_left()
            for other in self.siblings.values()
            if any(source is self for source, _settle in other.awaited())
        ]
        return 1 + max(after, default=0)

    def iterations(self) -> tuple[int, str]:
        """Return how often a loop is to go round, and how it must end then."""
        written = self.written
        if "for_each" in written:
            times = len(written["for_each"])
        elif "count" in written:
            times = written["count"]
        else:
            match = _INDEX.fullmatch(written.get("while") or written["until"])
            assert match is not None
            times = max(int(match[2]), 0) if match[1] == "<" else max(int(match[2]) + 1, 1)
        most = written.get("max_iterations", 1000)
        return (times, "completed") if times <= most else (most, "failed")


def _passes(source: Unit, settle: str) -> bool:
    if source.status == "completed" or settle == "any":
        return True
    return settle == "done_or_skipped" and source.status == "skipped" and source.reason != "blocked"
