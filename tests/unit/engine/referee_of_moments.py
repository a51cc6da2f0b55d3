"""What a plan was at a moment of its record, read off the events by their names alone.

Knows nothing of the engine: paths are taken apart as text, and what belongs together is told by
the causes that the events name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from milepost.domain.events import Event

AFTER = {
    "started": "running",
    "completed": "completed",
    "adopted": "completed",
    "failed": "failed",
    "retrying": "retrying",
    "suspended": "suspended",
    "skipped": "skipped",
    "cancelled": "cancelled",
    "reset": "pending",
}
REVISIONS = ("revised", "rolled_back", "restored", "recovered")
ENDS = ("completed", "failed", "cancelled")


@dataclass
class Told:
    """What is told of one step."""

    status: str = "pending"
    output: Any = None
    undone: int = 0
    """Number of the event that undid it; 0 for none."""


@dataclass
class Picture:
    """What is told of a plan."""

    status: str = "ready"
    content: str = ""
    revision: int = 1
    context: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, Told] = field(default_factory=dict)

    def step(self, path: str) -> Told:
        return self.steps.setdefault(path, Told())


def name_of(event: Event) -> tuple[str, str, str]:
    """Return the family, what happened, and the path of the step."""
    family, what, _version = event.kind.split(".")
    return family, what, event.originator_id.partition(".")[2]


def picture(events: Sequence[Event]) -> Picture:
    """Return what the events tell, one by one."""
    seen = Picture()
    for number, event in enumerate(events, 1):
        family, what, path = name_of(event)
        if family == "step":
            _see_step(seen, what, path, event, number)
        elif family == "plan":
            _see_plan(seen, what, event)
    return seen


def _see_step(seen: Picture, what: str, path: str, event: Any, number: int) -> None:
    if path.endswith("~undo"):
        seen.step(path[: -len("~undo")]).undone = number if what == "completed" else 0
        return
    step = seen.step(path)
    step.status = AFTER[what]
    step.output = event.output if what in ("completed", "adopted") else None
    if what == "reset":
        step.undone = 0


def _see_plan(seen: Picture, what: str, event: Any) -> None:
    if what == "drafted":
        seen.content, seen.context = event.content, event.context
    elif what in REVISIONS:
        seen.content, seen.revision, seen.status = event.content, event.number, "running"
        seen.context = getattr(event, "context", seen.context)
    elif what == "context_changed":
        seen.context = {**seen.context, **event.changes}
    elif what in ("started", "resumed", "compensation_begun"):
        seen.status = "running"
    elif what == "paused" or what in ENDS:
        seen.status = what


def whole_moment(events: Sequence[Event], place: int) -> Sequence[Event]:
    """Return the events up to the one at `place` and all that is one with it."""
    event = events[place]
    _family, what, _path = name_of(event)
    heads = [e.id for e in events if name_of(e)[1] in (*REVISIONS, "decision_recorded")]
    head = event.id if event.id in heads else event.cause if event.cause in heads else None
    end = place + 1
    while end < len(events):
        later, before = events[end], events[end - 1]
        family, what, _path = name_of(later)
        in_a_row = later.cause == before.id and what in ("context_changed", "reset")
        if not in_a_row and not (family == "step" and later.cause == head):
            break
        end += 1
    return events[:end]


def at_rest(then: Picture) -> dict[str, str]:
    """Return the statuses at a moment, what was under way or being stopped as pending."""
    found = {path: step.status for path, step in then.steps.items()}
    for path in sorted(found, key=len):
        above = owner(path)
        open_above = found.get(above, "pending") not in ENDED if above else then.status not in ENDS
        if found[path] not in ENDED or (found[path] == "cancelled" and open_above):
            found[path] = "pending"
    return {path: status for path, status in found.items() if status != "pending"}


ENDED = ("completed", "failed", "skipped", "cancelled")


def owner(path: str) -> str:
    """Return the path of what a step lies in, nothing for the top."""
    above, _dot, _own = path.rpartition(".")
    while above.endswith("]"):
        above = above[: above.rindex("[")]
    return above
