"""What is stored at once, and what may be stored in parts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from milepost.domain.events import (
    Event,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    StepStarted,
)

CHUNK: Final = 512
"""Events after which a fan-out's further starts go into a save of their own."""
_WHOLE = (PlanForked, PlanRecovered, PlanRestored, PlanRevised, PlanRolledBack)


def chunks(events: Sequence[Event]) -> list[Sequence[Event]]:
    """Return events in saves; a long one is cut only where a step starts.

    What precedes such a place is complete in itself, so a crash in between loses nothing. In a
    change of the plan's course it is not: containers start again with what is finished in them,
    so all of it is one save.
    """
    if len(events) <= CHUNK or any(isinstance(event, _WHOLE) for event in events):
        return [events] if events else []
    cuts = [0]
    for place, event in enumerate(events):
        if place - cuts[-1] >= CHUNK and isinstance(event, StepStarted) and event.attempt == 1:
            cuts.append(place)
    return [events[begin:end] for begin, end in pairwise([*cuts, len(events)])]
