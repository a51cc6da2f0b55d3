"""The plan's context as its record adds up, step by step, so that a step's writes can be undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from milepost.domain.events import (
    ContextChanged,
    Event,
    PlanDrafted,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRolledBack,
    StepReset,
)
from milepost.domain.ids import path_of
from milepost.domain.values import Json

from .past import end_after, places_of


def context_without(history: Sequence[Event], dropped: Collection[str] = ()) -> dict[str, Json]:
    """Return the context that the record adds up to, without what steps in `dropped` wrote."""
    return _ledger(history).context(dropped)


def writers(history: Sequence[Event]) -> frozenset[str]:
    """Return the paths of the steps that wrote what is in the context."""
    return frozenset(path for path in _ledger(history).writes if path is not None)


class _Ledger:
    """What the context began with, and what was written to it since, by the step that did."""

    def __init__(self) -> None:
        self.beginning: dict[str, Json] = {}
        self.writes: dict[str | None, list[tuple[int, dict[str, Json]]]] = {}

    def context(self, dropped: Collection[str]) -> dict[str, Json]:
        """Return what adds up, oldest first."""
        counted = (of for path, of in self.writes.items() if path not in dropped)
        written = sorted((one for of in counted for one in of), key=lambda one: one[0])
        context = dict(self.beginning)
        for _number, changes in written:
            context |= changes
        return context

    def copy(self) -> _Ledger:
        """Return what is known by now."""
        other = _Ledger()
        other.beginning = self.beginning
        other.writes = {path: list(of) for path, of in self.writes.items()}
        return other


def _ledger(history: Sequence[Event]) -> _Ledger:
    ends = _ends_of_restored_moments(history)
    last, then = set(ends.values()), dict[int, _Ledger]()
    takes_back: set[str] = set()
    ledger = _Ledger()
    for number, event in enumerate(history):
        if number in last:
            then[number] = ledger.copy()
        if isinstance(event, PlanDrafted | PlanForked):
            ledger.beginning = event.context
        elif isinstance(event, ContextChanged):
            ledger.writes.setdefault(event.step, []).append((number, event.changes))
        elif isinstance(event, PlanRestored):
            ledger = then[ends[event.at]].copy()
        elif isinstance(event, PlanRolledBack | PlanRecovered):
            takes_back.add(event.id)
        elif isinstance(event, StepReset) and event.cause in takes_back:
            ledger.writes.pop(path_of(event.originator_id), None)
    return ledger


def _ends_of_restored_moments(history: Sequence[Event]) -> dict[str, int]:
    """Return the number of the first event after each moment that was restored, by its event."""
    restored = {event.at for event in history if isinstance(event, PlanRestored)}
    places = places_of(history) if restored else {}
    return {at: end_after(history, places[at]) for at in restored}
