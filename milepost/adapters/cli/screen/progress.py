"""A plan while it runs: how far it is, and how each step stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Group
from rich.text import Text

from milepost.domain.plans import PlanSpec
from milepost.projections.codes import unversioned
from milepost.projections.places import places
from milepost.projections.views import EventView

from .marks import mark_of, sign_of
from .terminal import one_line
from .times import duration

MOST_ROWS = 16
MOST_ENDED = 4
_BAR = 28
_STATES = {
    "step.started": "running",
    "step.completed": "completed",
    "step.adopted": "completed",
    "step.failed": "failed",
    "step.retrying": "retrying",
    "step.suspended": "suspended",
    "step.skipped": "skipped",
    "step.cancelled": "cancelled",
    "step.reset": "pending",
}
_ENDS = frozenset({"completed", "failed", "skipped", "cancelled"})
_UNDER_WAY = frozenset({"running", "retrying", "suspended"})


@dataclass(slots=True)
class _Row:
    """One step: `begun` and `ended` are readings of the clock."""

    label: str
    depth: int
    state: str = "pending"
    begun: float | None = None
    ended: float | None = None


class Progress:
    """Follows a plan's events; rich shows it as it stands at that moment."""

    def __init__(
        self, spec: PlanSpec, *, unicode: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._unicode = unicode
        self._clock = clock
        self._begun = clock()
        self._title = one_line(spec.name or "plan", 40)
        self._rows = {
            str(place.path): _Row(place.spec.label, sum(1 for _outer in place.ancestors))
            for place in places(spec)
        }

    def note(self, event: EventView) -> None:
        """Take an event in."""
        state = _STATES.get(unversioned(event.kind))
        if event.step is None or state is None:
            return
        row = self._rows.get(event.step)
        if row is None:
            row = self._rows[event.step] = _Row(event.step, event.step.count("."))
        row.state = state
        if state == "running" and row.begun is None:
            row.begun = self._clock()
        row.ended = self._clock() if state in _ENDS else None

    @property
    def done(self) -> int:
        """How many steps have ended."""
        return sum(row.state in _ENDS for row in self._rows.values())

    @property
    def fraction(self) -> float:
        """Which part of the steps known so far has ended."""
        return self.done / len(self._rows)

    @property
    def remaining(self) -> timedelta | None:
        """How long the rest takes if it goes on like this; None before the first end."""
        done = self.done
        if not done:
            return None
        elapsed = self._clock() - self._begun
        return timedelta(seconds=elapsed * (len(self._rows) - done) / done)

    def __rich__(self) -> Group:
        """Return the bar and the rows that matter most."""
        return Group(self._bar(), *(self._line(row) for row in self._shown()))

    def _bar(self) -> Text:
        full = round(self.fraction * _BAR)
        strokes = "█░" if self._unicode else "#-"
        line = Text().append(f"{self._title} ", "bold")
        line.append(strokes[0] * full, "green").append(strokes[1] * (_BAR - full), "dim")
        line.append(f" {self.fraction:4.0%}  {self.done}/{len(self._rows)} steps")
        line.append(f"  {duration(timedelta(seconds=self._clock() - self._begun))}", "dim")
        left = self.remaining
        if left:
            line.append(f"  about {duration(left)} left", "dim")
        return line

    def _shown(self) -> list[_Row]:
        """Return all rows of a short plan; of a long one those under way and those just ended."""
        rows = list(self._rows.values())
        if len(rows) <= MOST_ROWS:
            return rows
        under_way = [row for row in rows if row.state in _UNDER_WAY][: MOST_ROWS - MOST_ENDED]
        ended = sorted(self._ended(), key=lambda row: row.ended or 0.0)[-MOST_ENDED:]
        return [*ended, *under_way]

    def _ended(self) -> Iterator[_Row]:
        return (row for row in self._rows.values() if row.ended is not None)

    def _line(self, row: _Row) -> Text:
        mark = mark_of(row.state)
        line = Text().append(f" {sign_of(row.state, unicode=self._unicode)} ", mark.style)
        line.append("  " * row.depth + one_line(row.label, 44))
        if row.begun is not None:
            took = (row.ended or self._clock()) - row.begun
            line.append(f"  {duration(timedelta(seconds=took))}", "dim")
        if row.state in ("retrying", "suspended", "failed"):
            line.append(f"  {row.state}", mark.style)
        return line
