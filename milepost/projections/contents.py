"""What lists of plans need to know of a plan's content, read from its JSON without building it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from milepost.domain.ids import encode_segment
from milepost.domain.steps import StepKind

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """Facts of one content; `loops` maps the static path of a loop to the steps an iteration has.

    `steps` counts the steps outside loops, which exist once. Static paths have no `[index]`.
    """

    steps: int = 0
    loops: Mapping[str, int] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """Ids and static paths of all steps."""


def facts_of(body: bytes) -> ContentFacts:
    """Return the facts of a content's canonical bytes."""
    counts: dict[str | None, int] = {None: 0}
    tools: set[str] = set()
    names: set[str] = set()
    for path, step, loop in _steps(orjson.loads(body)):
        counts[loop] += 1
        names |= {path, step["id"]}
        if tool := step.get("tool"):
            tools.add(tool)
        if step.get("kind") == StepKind.LOOP:
            counts[path] = 0
    steps = counts.pop(None)
    loops = {str(path): number for path, number in counts.items()}
    return ContentFacts(steps, loops, frozenset(tools), frozenset(names))


def static_path(path: str) -> str:
    """Return a step's path without the numbers of iterations and cases."""
    return "".join(part.rpartition("]")[2] for part in path.split("[")) if "[" in path else path


def iterations(path: str, loops: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the loop iterations that a step lies in, outermost first: its place and its size."""
    end = path.find("]")
    while end >= 0:
        place = path[: end + 1]
        size = loops.get(static_path(place[: place.rindex("[")]))
        if size is not None:
            yield place, size
        end = path.find("]", end + 1)


def _steps(content: JsonObject) -> Iterator[tuple[str, JsonObject, str | None]]:
    """Yield static path, step and the path of the innermost loop around it, parents first."""
    pending: list[tuple[str, JsonObject, str | None]] = []
    pending += [("", step, None) for step in reversed(content.get("steps", ()))]
    while pending:
        prefix, step, loop = pending.pop()
        path = prefix + encode_segment(step["id"])
        yield path, step, loop
        inner = list(step.get("steps", ()))
        inner += [child for case in step.get("cases", ()) for child in case.get("steps", ())]
        within = path if step.get("kind") == StepKind.LOOP else loop
        pending.extend((f"{path}.", child, within) for child in reversed(inner))
