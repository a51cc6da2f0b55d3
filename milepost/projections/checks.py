"""What a check of a store finds, and what the aggregates say that a plan's rows must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.events import Event
from milepost.domain.ids import path_of, undone_path
from milepost.domain.plans import PlanSpec, PlanStatus
from milepost.domain.steps import StepStatus

from .places import places
from .views import Recorded

Row: TypeAlias = Mapping[str, object]
"""A row by the names of its fields."""
Rows: TypeAlias = Mapping[str, Row]
"""Rows by what they are about, in words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    check: str
    """What was compared: a projection (`steps`), or a rule of the log (`positions`)."""
    where: str
    """Which plan, step, event or row."""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was looked at, and everything that is wrong with it."""

    events: int
    plans: int
    findings: tuple[Finding, ...]
    is_cut: bool = False
    """Whether there are more findings than are listed."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


class StepFacts(NamedTuple):
    """What a step's row must hold."""

    status: StepStatus
    attempt: int
    activation: int
    started: int | None
    ended: int | None
    last: int


class PlanFacts(NamedTuple):
    """What a plan's row must hold."""

    revision: int
    status: PlanStatus
    started: int | None
    ended: int | None
    last: int
    steps: int
    active: int
    completed: int
    failed: int
    skipped: int
    cancelled: int


class PlanFold:
    """One plan folded by the aggregates alone: a second opinion on what the row functions say."""

    def __init__(self, plan: str) -> None:
        self.plan = PlanStream.shell(plan)
        self.steps: dict[str, StepFacts] = {}
        self._steps: dict[str, Step] = {}
        self._started: int | None = None
        self._ended: int | None = None
        self._last = 0

    def add(self, recorded: Recorded) -> None:
        """Fold the next event; raise `IllegalTransitionError` for one that cannot be next."""
        position, event = recorded.position, recorded.event
        self._last = position
        path = path_of(event.originator_id)
        if path is not None:
            self._add_step_event(path, position, event)
        elif event.originator_id == self.plan.id:
            had_ended, had_started = self.plan.ended, self.plan.started_at is not None
            event.mutate(self.plan)
            if self.plan.started_at is not None and not had_started:
                self._started = position
            if self.plan.ended is not had_ended:
                self._ended = position if self.plan.ended else None

    def facts(self, spec: PlanSpec) -> PlanFacts:
        """Return what the row of the plan, whose content is `spec`, must hold."""
        own = {path: step for path, step in self.steps.items() if undone_path(path) is None}
        counts = Counter(step.status for step in own.values())
        begun = [path for path, step in own.items() if step.status is not StepStatus.PENDING]
        ends = [counts.pop(status, 0) for status in _ENDS]
        counts.pop(StepStatus.PENDING, 0)
        return PlanFacts(
            self.plan.revision,
            self.plan.status,
            self._started,
            self._ended,
            self._last,
            len(places(spec, begun)),
            counts.total(),
            *ends,
        )

    def _add_step_event(self, path: str, position: int, event: Event) -> None:
        step = self._steps.get(path)
        if step is None:
            step = self._steps[path] = Step.shell(event.originator_id)
        event.mutate(step)
        before = self.steps.get(path)
        started = before.started if before and before.activation == step.activation else None
        if started is None and step.started_at is not None:
            started = position
        ended = position if step.ended else None
        self.steps[path] = StepFacts(
            step.status, step.attempt, step.activation, started, ended, position
        )


_ENDS = (
    StepStatus.COMPLETED,
    StepStatus.FAILED,
    StepStatus.SKIPPED,
    StepStatus.CANCELLED,
)


def differences(check: str, expected: Rows, found: Rows) -> Iterator[Finding]:
    """Yield a finding for each row that is missing, too many, or differs in an expected field."""
    for where in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(where), found.get(where)
        if wanted is None or there is None:
            yield Finding(check, where, _told(wanted), _told(there))
        elif fields := [name for name in wanted if wanted[name] != there.get(name)]:
            yield Finding(
                check,
                where,
                _told({name: wanted[name] for name in fields}),
                _told({name: there.get(name) for name in fields}),
            )


def _told(row: Row | None) -> str:
    if row is None:
        return "no row"
    return ", ".join(f"{name} {_shown(value)}" for name, value in row.items()) or "a row"


def _shown(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else repr(value)
