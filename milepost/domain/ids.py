"""Names of plans, steps and events, and the streams that hold them.

A plan id is `p` and 26 characters that sort by time (the 128 bits of a UUID version 7,
RFC 9562 section 5.7, in Crockford's base 32). A step's path names it inside its plan:
`load`, `visualize.chart`, `each[3].fetch`. Its stream is `<plan>.<path>`, and an event's id
is `<stream>#<version>`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NewType
from urllib.parse import unquote

from .errors import ValidationError

PlanId = NewType("PlanId", str)
StepPath = NewType("StepPath", str)
EventId = NewType("EventId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PLAN_ID_LENGTH = 26
_RESERVED = re.compile(r"[%.\[\]~#!/\s\x00-\x1f\x7f]")
_REQUESTS = "!requests"
_WORKFLOWS = "workflow:"
_UNDO = "~undo"
_INDEX = re.compile(r"\[\d+\]")
_OWN_PART = re.compile(r"(?:\[\d+\])?\.[^.]*$")


def plan_id(milliseconds: int, randomness: int) -> PlanId:
    """Return the id of a plan made at `milliseconds` since 1970, with 74 random bits."""
    high = (milliseconds & (1 << 48) - 1) << 16 | 0x7000 | randomness >> 62 & 0xFFF
    number = high << 64 | 0b10 << 62 | randomness & (1 << 62) - 1
    digits = [_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return PlanId("p" + "".join(digits))


@lru_cache(maxsize=4096)
def encode_segment(step_id: str) -> str:
    """Return a step id as one path segment: reserved characters and white space as `%XX`."""
    return _RESERVED.sub(lambda match: _percent(match.group()), step_id)


def decode_segment(segment: str) -> str:
    """Return the step id that `encode_segment` made the segment from."""
    return unquote(segment, errors="strict")


def child_path(parent: str, step_id: str, *, index: int | None = None) -> StepPath:
    """Return the path of a child; `index` is the loop iteration or branch case it lies in."""
    return StepPath(children_prefix(parent, index=index) + encode_segment(step_id))


def children_prefix(parent: str, *, index: int | None = None) -> str:
    """Return what the paths of siblings begin with, before their own segments."""
    if not parent:
        return ""
    return f"{parent}." if index is None else f"{parent}[{index}]."


def undo_path(path: str) -> StepPath:
    """Return the path of the step that undoes the one at `path`; no step id has a bare `~`."""
    return StepPath(path + _UNDO)


def undone_path(path: str) -> StepPath | None:
    """Return the path of the step that the one at `path` undoes, None if it undoes none."""
    return StepPath(path.removesuffix(_UNDO)) if path.endswith(_UNDO) else None


def owner_of(path: str) -> StepPath | None:
    """Return the path of the container that a step is in, None for a step at the top."""
    owner, parts = _OWN_PART.subn("", path)
    return StepPath(owner) if parts else None


def static_path(path: str) -> str:
    """Return a step's path without the numbers of iterations and cases."""
    return _INDEX.sub("", path) if "[" in path else path


def step_stream(plan: str, path: str) -> str:
    """Return the stream that holds a step's events."""
    return f"{plan}.{path}"


def request_stream(plan: str) -> str:
    """Return the stream in which others ask the plan's owner for something."""
    return f"{plan}{_REQUESTS}"


def workflow_stream(name: str) -> str:
    """Return the stream that holds the published versions of a workflow."""
    return f"{_WORKFLOWS}{encode_segment(name)}"


def workflow_of(stream: str) -> str:
    """Return the name of the workflow that a stream belongs to."""
    return decode_segment(stream.removeprefix(_WORKFLOWS))


def plan_of(stream: str) -> PlanId:
    """Return the plan that a plan's, step's or request stream belongs to."""
    return PlanId(stream.partition(".")[0].partition("!")[0])


def path_of(stream: str) -> StepPath | None:
    """Return the step path of a step's stream, None for any other stream."""
    _plan, dot, path = stream.partition(".")
    return StepPath(path) if dot else None


def event_id(stream: str, version: int) -> EventId:
    """Return the id of a stream's event with that version (versions start at 1)."""
    return EventId(f"{stream}#{version}")


def stream_of(event: str) -> str:
    """Return the stream that an event's id names."""
    return event.rpartition("#")[0]


def version_of(event: str) -> int:
    """Return the version in an event's id; raise `ValidationError` if it has none."""
    number = event.rpartition("#")[2]
    if not number.isdecimal():
        raise ValidationError(f"{event!r} is not the id of an event", mend="write STREAM#VERSION")
    return int(number)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())
