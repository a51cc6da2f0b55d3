"""The turns that plans took: when each ran, and since when one is paused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

from milepost.domain.lifecycles import PLAN_ENDED
from milepost.domain.plans import PlanStatus
from milepost.projections.codes import PLAN_CODES

from .asking import Asking, select

_OTHER_STATES = """SELECT s.plan_no, s.position, s.status FROM json_each(?) AS wanted
  CROSS JOIN plans AS p ON p.plan_no = wanted.value
  CROSS JOIN plan_states AS s ON s.plan_no = p.plan_no AND s.position > p.plan_no
  WHERE s.position <= ? AND s.position IS NOT p.started AND s.position IS NOT p.ended"""
"""States but a plan's draft, its start and its last end: most plans have no others."""
_RUNNING, _PAUSED, _COMPLETED = (
    PLAN_CODES[status] for status in (PlanStatus.RUNNING, PlanStatus.PAUSED, PlanStatus.COMPLETED)
)
_ENDED = frozenset(PLAN_CODES[status] for status in PLAN_ENDED)


class Began(NamedTuple):
    """What a plan's row tells of its turns: positions of its start and of its last end."""

    started: int | None
    ended: int | None


class Turns(NamedTuple):
    """Positions of the events between which a plan's epochs lie; an open one has no end."""

    epochs: tuple[tuple[int, int | None], ...] = ()
    paused: int | None = None
    """The event by which the plan is paused, None if it is not."""

    @property
    def positions(self) -> Iterator[int]:
        """All of them."""
        for begin, end in self.epochs:
            yield begin
            if end is not None:
                yield end
        if self.paused is not None:
            yield self.paused

    def duration(self, times: Mapping[int, datetime], last: int) -> timedelta:
        """Return how long the plan ran, without the time between epochs; up to its `last` event."""
        spans = (times[last if end is None else end] - times[begin] for begin, end in self.epochs)
        return sum(spans, timedelta())


def turns(plans: Mapping[int, Began], until: int) -> Asking[dict[int, Turns]]:
    """Return the turns of the plans that took any but their start and end, by their numbers."""
    moves: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rows = yield from select(_OTHER_STATES, orjson.dumps(list(plans)).decode(), until)
    for number, position, status in rows:
        moves[number][position] = status
    for number, states in moves.items():
        began = {plans[number].started: _RUNNING, plans[number].ended: _COMPLETED}
        states |= {position: status for position, status in began.items() if position is not None}
    return {number: _turns(sorted(states.items())) for number, states in moves.items()}


def _turns(moves: Iterable[tuple[int, int]]) -> Turns:
    epochs: list[tuple[int, int | None]] = []
    begun = paused = None
    for position, status in moves:
        paused = position if status == _PAUSED else None
        if status == _RUNNING and begun is None:
            begun = position
        elif status in _ENDED and begun is not None:
            epochs.append((begun, position))
            begun = None
    if begun is not None:
        epochs.append((begun, None))
    return Turns(tuple(epochs), paused)
