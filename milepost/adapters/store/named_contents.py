"""Which stored contents an event names: each naming counts as one use of the content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from milepost.domain.events import (
    CheckpointTaken,
    Event,
    PlanDrafted,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    RequestMade,
    WorkflowPublished,
)
from milepost.domain.values import ContentHash

_ADDRESS = re.compile(r"sha256:[0-9a-f]{64}")


def contents_named(event: Event) -> Iterator[ContentHash]:
    """Yield the contents that an event names."""
    name_of = _NAMES.get(type(event))
    name = name_of(event) if name_of else None
    if name is not None:
        yield ContentHash(name)


def snapshots_named(events: Iterable[Event]) -> Iterator[ContentHash]:
    """Yield the states that checkpoints name among those."""
    for event in events:
        if isinstance(event, CheckpointTaken) and event.snapshot is not None:
            yield event.snapshot


def _content(event: Any) -> str:  # noqa: ANN401 - any event with a content
    name: str = event.content
    return name


def _snapshot(event: CheckpointTaken) -> str | None:
    return event.snapshot


def _asked(event: RequestMade) -> str | None:
    name = event.arguments.get("content")
    return name if isinstance(name, str) and _ADDRESS.fullmatch(name) else None


_NAMES: dict[type[Event], Callable[[Any], str | None]] = {
    PlanDrafted: _content,
    PlanRevised: _content,
    PlanRolledBack: _content,
    PlanRestored: _content,
    PlanRecovered: _content,
    WorkflowPublished: _content,
    CheckpointTaken: _snapshot,
    RequestMade: _asked,
}
NAMING_TYPES = frozenset(_NAMES)
"""Events that may name a content."""
NAMING_KINDS = frozenset(event_type.kind for event_type in _NAMES) - {WorkflowPublished.kind}
"""Kinds of a plan's events that may name a content."""
