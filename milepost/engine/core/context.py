"""The plan's context as its record adds up, step by step, so that a step's writes can be undone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from milepost.domain.events import (
    ContextChanged,
    Event,
    PlanDrafted,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRolledBack,
    RecoveryStrategy,
    StepReset,
)
from milepost.domain.ids import path_of
from milepost.domain.values import Json

from .past import end_after, places_of


def context_without(history: Sequence[Event], dropped: Collection[str] = ()) -> dict[str, Json]:
    """Return the context that the record adds up to, without what steps in `dropped` wrote."""
    return _ledger(history).context(dropped)


def context_kept(history: Sequence[Event], taken: Collection[str]) -> dict[str, Json]:
    """Return the context that a plan goes on with when the steps in `taken` are reset or removed.

    What those wrote is not in it, nor what steps wrote that are pending by now: that was in an
    earlier attempt of what they lie in.
    """
    ledger = _ledger(history)
    return ledger.context(ledger.pending.union(taken))


def writers(history: Sequence[Event]) -> frozenset[str]:
    """Return the paths of the steps that wrote what is in the context."""
    return frozenset(path for path in _ledger(history).writes if path is not None)


class _Ledger:
    """What the context began with, and what was written to it since, by the step that did."""

    def __init__(self) -> None:
        self.beginning: dict[str, Json] = {}
        self.writes: dict[str | None, list[tuple[int, dict[str, Json]]]] = {}
        self.pending: set[str] = set()
        """Steps that were reset and have not moved since."""

    def context(self, dropped: Collection[str]) -> dict[str, Json]:
        """Return what adds up, oldest first."""
        counted = (of for path, of in self.writes.items() if path not in dropped)
        written = sorted((one for of in counted for one in of), key=lambda one: one[0])
        context = dict(self.beginning)
        for _number, changes in written:
            context |= changes
        return context

    def move(self, path: str, event: Event, *, for_good: bool) -> None:
        """Note that something happened to a step; if it was reset for good, so is what it wrote."""
        if not isinstance(event, StepReset):
            self.pending.discard(path)
            return
        self.pending.add(path)
        if for_good:
            self.forget((path,))

    def forget(self, paths: Iterable[str]) -> None:
        """Leave out what steps wrote so far."""
        for path in paths:
            self.writes.pop(path, None)

    def copy(self) -> _Ledger:
        """Return what is known by now."""
        other = _Ledger()
        other.beginning = self.beginning
        other.writes = {path: list(of) for path, of in self.writes.items()}
        other.pending = set(self.pending)
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
        elif _takes_back(event):
            takes_back.add(event.id)
            ledger.forget(ledger.pending)
        elif (path := path_of(event.originator_id)) is not None:
            ledger.move(path, event, for_good=event.cause in takes_back)
    return ledger


def _takes_back(event: Event) -> bool:
    """Tell whether the context is another from here on; a plan that is given up keeps its own."""
    if isinstance(event, PlanRecovered):
        return event.strategy is not RecoveryStrategy.ABORT
    return isinstance(event, PlanRolledBack)


def _ends_of_restored_moments(history: Sequence[Event]) -> dict[str, int]:
    """Return the number of the first event after each moment that was restored, by its event."""
    restored = {event.at for event in history if isinstance(event, PlanRestored)}
    places = places_of(history) if restored else {}
    return {at: end_after(history, places[at]) for at in restored}
