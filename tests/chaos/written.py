"""A plan's written content: what each path stands for, what it waits for, what its tool may do."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .folding import UNDO

Node = Mapping[str, Any]
WRITES = frozenset({"book", "post", "unbook", "unpost"})
_INTERRUPTIONS = 3
"""Attempts of a step without a policy, those that were cut off."""
_ATTEMPTS = 3
"""Attempts by a policy that does not say how many."""
_CHILDREN = frozenset({"steps", "cases"})
_OF_THE_UNDONE = frozenset({"retry", "on_unknown"})
"""What a step that undoes another one has from it."""
_REFERENCE = re.compile(r"\b([a-z]\w*)\.output")


class Written:
    """The steps of a plan as its stored content has them, found by path."""

    def __init__(self, content: Node) -> None:
        self._root: Node = content
        self._known: dict[str, Node] = {}
        self.settings: Node = content.get("settings", {})
        self.slots: int = self.settings.get("max_parallel_steps", 5)

    def node(self, path: str) -> Node:
        """Return the step at a path such as `each[3].fetch`, or the one that undoes it."""
        if path.endswith(UNDO):
            origin = self.node(path.removesuffix(UNDO))
            return {**_shared(origin), **origin["compensate"], "kind": "tool_call"}
        if path not in self._known:
            place, dot, _name = path.rpartition(".")
            for step in self._siblings(path):
                self._known[f"{place}{dot}{step['id']}"] = step
        return self._known[path]

    def works(self, path: str) -> bool:
        """Tell whether an attempt of the step calls a tool."""
        return self.node(path)["kind"] == "tool_call"

    def writes(self, path: str) -> bool:
        """Tell whether the step's tool may change the world."""
        return self.works(path) and self.node(path)["tool"] in WRITES

    def after_a_cut(self, path: str, attempt: int) -> str:
        """Return the event that must follow when that attempt of the step was cut off."""
        policy = self.node(path).get("on_unknown", "ask") if self.writes(path) else "retry"
        if policy == "ask":
            return "step.suspended.v1"
        again = policy == "retry" and attempt < self.attempts(path)
        return "step.retrying.v1" if again else "step.failed.v1"

    def undoable(self, path: str) -> bool:
        """Tell whether the step says how it is undone."""
        return "compensate" in self.node(path)

    def attempts(self, path: str) -> int:
        """Return how many attempts an activation of the step may have."""
        policy = self.node(path).get("retry")
        if policy is None and self.works(path):
            policy = self.settings.get("default_retry")
        return policy.get("max_attempts", _ATTEMPTS) if policy is not None else _INTERRUPTIONS

    def own(self, path: str) -> Node:
        """Return what is written of a step itself, its children left aside."""
        node = {key: value for key, value in self.node(path).items() if key not in _CHILDREN}
        return {**node, "whens": [case.get("when") for case in self.node(path).get("cases", ())]}

    def names(self, path: str) -> list[list[str]]:
        """Return the ids of the steps in a step, case by case."""
        node = self.node(path)
        lists = [case["steps"] for case in node.get("cases", ())] or [node.get("steps", ())]
        return [[step["id"] for step in steps] for steps in lists]

    def is_there(self, path: str) -> bool:
        """Tell whether the plan has a step at that path."""
        try:
            self.node(path)
        except KeyError:
            return False
        return True

    def waits_for(self, path: str) -> Iterator[str]:
        """Yield the paths of the steps that must have ended before this one starts."""
        for edge in self.node(path).get("depends_on", ()):
            if edge.get("type") != "parallel":
                yield self._sibling(path, edge["step"])

    def sources(self, path: str) -> set[str]:
        """Return what the step waits for, reads from, or comes after in an ordered list."""
        found = set(self.waits_for(path))
        text = json.dumps(self.own(path))
        found |= {self._sibling(path, name) for name in _REFERENCE.findall(text)}
        place, dot, name = path.rpartition(".")
        around = container_of(path)
        if around is not None and self.node(around)["kind"] != "parallel":
            names = [step["id"] for step in self._siblings(path)]
            found |= {f"{place}{dot}{one}" for one in names[: names.index(name)][-1:]}
        return found - {path}

    def writes_context(self, path: str) -> bool:
        """Tell whether the step writes to the plan's context."""
        return "set" in self.node(path)

    def reads_context(self, path: str) -> bool:
        """Tell whether an expression of the step reads the plan's context."""
        return "context." in json.dumps(self.own(path))

    def _siblings(self, path: str) -> Sequence[Node]:
        around = container_of(path)
        number = path.rpartition(".")[0].removeprefix(around or "").strip("[]")
        return _children(self.node(around) if around else self._root, int(number or 0))

    def _sibling(self, path: str, name: str) -> str:
        """Return the path of the nearest step of that name: beside this one, or further out."""
        while True:
            place, dot, _own = path.rpartition(".")
            found = f"{place}{dot}{name}"
            if not dot or self.is_there(found):
                return found
            path = place


def container_of(path: str) -> str | None:
    """Return the path of the step that a step lies in, None at the top."""
    place, inside, _own = path.rpartition(".")
    before, dot, last = place.rpartition(".")
    return before + dot + last.partition("[")[0] if inside else None


def _children(node: Node, index: int) -> Sequence[Node]:
    steps: Sequence[Node] = node["cases"][index]["steps"] if "cases" in node else node["steps"]
    return steps


def _shared(origin: Node) -> Node:
    return {key: origin[key] for key in _OF_THE_UNDONE if key in origin}
