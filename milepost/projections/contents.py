"""What lists of plans need to know of a plan's content, read from its JSON without building it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from milepost.domain.ids import encode_segment
from milepost.domain.steps import StepKind

JsonObject = dict[str, Any]
_ANY = "[*]"
_INDEX = re.compile(r"\[(?:\*|\d+)\]")


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """Facts of one content; `loops` maps the place of a loop to the steps an iteration has.

    `steps` counts the steps outside loops, which exist once. A place is a path with `[*]` for the
    iterations around it; static paths, in `names`, have no `[index]` at all.
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
    for step, place, loop in _steps(orjson.loads(body)):
        counts[loop] += 1
        names |= {_INDEX.sub("", place), step["id"]}
        tools.update(_tools(step))
        if step.get("kind") == StepKind.LOOP:
            counts[place] = 0
    steps = counts.pop(None)
    loops = {str(place): number for place, number in counts.items()}
    return ContentFacts(steps, loops, frozenset(tools), frozenset(names))


def _tools(step: JsonObject) -> Iterator[str]:
    """Yield the tools that a step may call: its own, those in place of it, the one that undoes."""
    calls = (step, step.get("compensate") or {}, *step.get("alternatives", ()))
    yield from filter(None, (call.get("tool") for call in calls))


def iterations(path: str, loops: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the loop iterations that a step lies in, outermost first: its path and its size."""
    place, start = "", 0
    end = path.find("]")
    while end >= 0:
        opening = path.index("[", start)
        place += path[start:opening]
        size = loops.get(place)
        if size is not None:
            yield path[: end + 1], size
        place += path[opening : end + 1] if size is None else _ANY
        start = end + 1
        end = path.find("]", start)


def _steps(content: JsonObject) -> Iterator[tuple[JsonObject, str, str | None]]:
    """Yield each step, its place and the place of the innermost loop around it, parents first."""
    pending: list[tuple[str, JsonObject, str | None]] = []
    pending += [("", step, None) for step in reversed(content.get("steps", ()))]
    while pending:
        around, step, loop = pending.pop()
        place = around + encode_segment(step["id"])
        yield step, place, loop
        is_loop = step.get("kind") == StepKind.LOOP
        inside = f"{place}{_ANY}." if is_loop else f"{place}."
        inner = [(inside, child) for child in step.get("steps", ())]
        inner += [
            (f"{place}[{number}].", child)
            for number, case in enumerate(step.get("cases", ()))
            for child in case.get("steps", ())
        ]
        within = place if is_loop else loop
        pending.extend((before, child, within) for before, child in reversed(inner))
