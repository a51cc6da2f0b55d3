"""A plan's written content: what each path stands for, what it waits for, what its tool may do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]
WRITES = frozenset({"book", "post"})


class Written:
    """The steps of a plan as its stored content has them, found by path."""

    def __init__(self, content: Node) -> None:
        self._root: Node = content
        self._known: dict[str, Node] = {}
        self.slots: int = content.get("settings", {}).get("max_parallel_steps", 5)

    def node(self, path: str) -> Node:
        """Return the step at a path such as `each[3].fetch`."""
        if path not in self._known:
            place, dot, _name = path.rpartition(".")
            around = container_of(path)
            container = self.node(around) if around is not None else self._root
            number = place.removeprefix(around or "").strip("[]")
            for step in _children(container, int(number or 0)):
                self._known[f"{place}{dot}{step['id']}"] = step
        return self._known[path]

    def works(self, path: str) -> bool:
        """Tell whether an attempt of the step calls a tool."""
        return self.node(path)["kind"] == "tool_call"

    def writes(self, path: str) -> bool:
        """Tell whether the step's tool may change the world."""
        return self.works(path) and self.node(path)["tool"] in WRITES

    def after_a_cut(self, path: str) -> str:
        """Return the event that must follow when an attempt of the step was cut off."""
        if not self.writes(path):
            return "step.retrying.v1"
        policy = self.node(path).get("on_unknown", "ask")
        return {"ask": "step.suspended.v1", "retry": "step.retrying.v1", "fail": "step.failed.v1"}[
            policy
        ]

    def waits_for(self, path: str) -> Iterator[str]:
        """Yield the paths of the steps that must have ended before this one starts."""
        for edge in self.node(path).get("depends_on", ()):
            if edge.get("type") != "parallel":
                yield self._sibling(path, edge["step"])

    def _sibling(self, path: str, name: str) -> str:
        """Return the path of the nearest step of that name: beside this one, or further out."""
        while True:
            place, dot, _own = path.rpartition(".")
            found = f"{place}{dot}{name}"
            if not dot or self._is_there(found):
                return found
            path = place

    def _is_there(self, path: str) -> bool:
        try:
            self.node(path)
        except KeyError:
            return False
        return True


def container_of(path: str) -> str | None:
    """Return the path of the step that a step lies in, None at the top."""
    place, inside, _own = path.rpartition(".")
    before, dot, last = place.rpartition(".")
    return before + dot + last.partition("[")[0] if inside else None


def _children(node: Node, index: int) -> Sequence[Node]:
    steps: Sequence[Node] = node["cases"][index]["steps"] if "cases" in node else node["steps"]
    return steps
