"""docs/events.md: every kind of event, from its class."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence

from pydantic import BaseModel

from milepost.domain.events import (
    EVENT_TYPES,
    ErrorRecord,
    Event,
    Impact,
    Question,
    Usage,
)
from milepost.domain.events.control_events import CONTROL_EVENTS
from milepost.domain.events.other_events import OTHER_EVENTS
from milepost.domain.events.plan_events import PLAN_EVENTS
from milepost.domain.events.revision_events import REVISION_EVENTS
from milepost.domain.events.step_events import STEP_EVENTS

from .examples import EXAMPLES
from .fields import Field, fields_of
from .markdown import NOTICE, code, fenced, table

IMPACTS = {
    Impact.TRACE: "one attempt, or a note beside it",
    Impact.STEP: "one step",
    Impact.PLAN: "the plan's course",
    Impact.END: "the plan's end",
}
ENVELOPE_WORDS = {
    "originator_id": "Stream: of the plan, one of its steps, its requests, or a workflow.",
    "originator_version": "Number in the stream, from 1, without gaps.",
    "timestamp": "When it was decided, with its time zone; later only where `decided_at` says so,"
    " because by position it never runs back.",
    "cause": "Id of the event that led here (`stream#version`); empty only where a story begins.",
    "actor": "Who did it: `engine`, or the person or program that asked.",
    "revision": "The plan's revision at that moment.",
    "decided_at": "Only where another event with a later time was stored first: when this one was"
    " decided. It stands in `data`, and is what replay goes by.",
}
_INTRODUCTION = """# Events

Every change of a plan, a step or a published workflow is one event: immutable, past tense, and
versioned in its kind. A later version of a kind gets a new number; stored events are never
rewritten, older ones are brought up to date when they are read. A field at its default is left
out of the stored data.

An event's id is its stream and its number there, `stream#version`. The impact says how far it
reaches:
"""
_ENVELOPE = """## What every event has

The store adds the position: the number of the event over all streams, from 1, in the order in
which they were committed.
"""


def events_page() -> str:
    """Return the page."""
    impacts = [(code(impact), words) for impact, words in IMPACTS.items()]
    envelope = fields_of(Event, words=ENVELOPE_WORDS)
    index = [
        (f"[`{kind}`](#{_anchor(kind)})", code(event_type.impact), _meaning(event_type))
        for kind, event_type in EVENT_TYPES.items()
    ]
    return "\n".join(
        [
            NOTICE,
            _INTRODUCTION,
            table(("impact", "reaches"), impacts),
            table(("kind", "impact", "meaning"), index),
            _ENVELOPE,
            _fields(envelope),
            _group("Events of a plan", PLAN_EVENTS),
            _group("Revisions, going back, recovery and forks", REVISION_EVENTS),
            _group("Checkpoints, breakpoints, loops found and compensation", CONTROL_EVENTS),
            _group("Events of a step", STEP_EVENTS),
            _group("Other events", OTHER_EVENTS),
            "## Values inside events\n",
            *(_value(model) for model in (ErrorRecord, Usage, Question)),
        ]
    )


def _group(title: str, event_types: Sequence[type[Event]]) -> str:
    return "\n".join([f"## {title}\n", *(_event(event_type) for event_type in event_types)])


def _event(event_type: type[Event]) -> str:
    example = EXAMPLES[event_type.kind]
    effect = inspect.cleandoc(event_type.apply.__doc__ or "").removeprefix("Fold: ")
    cause = f", caused by {code(example.cause)}" if example.cause else ""
    data = json.dumps(example.data(), indent=2, ensure_ascii=False)
    return "\n".join(
        [
            f"### {event_type.kind}\n",
            f"{_meaning(event_type)}\n",
            f"Impact: {code(event_type.impact)}. After it, {effect}\n",
            _fields(fields_of(event_type, leave_out=frozenset(Event.model_fields))),
            f"Example, {code(example.id)}{cause}:\n",
            fenced(data, "json"),
        ]
    )


def _value(model: type[BaseModel]) -> str:
    return "\n".join(
        [f"### {model.__name__}\n", f"{inspect.getdoc(model)}\n", _fields(fields_of(model))]
    )


def _fields(fields: Sequence[Field]) -> str:
    if not fields:
        return "It has no data of its own.\n"
    rows = [
        (code(field.name), field.type, field.default or "required", field.meaning)
        for field in fields
    ]
    return table(("field", "type", "default", "meaning"), rows)


def _meaning(event_type: type[Event]) -> str:
    return " ".join((inspect.getdoc(event_type) or "").split())


def _anchor(kind: str) -> str:
    """Return the anchor that Markdown viewers give a heading: its dots are dropped."""
    return kind.replace(".", "")
