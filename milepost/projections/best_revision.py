"""Which content of a plan or a workflow did best, by the runs that it was carried out in.

A run is one epoch of a plan by one content. Contents are the same when their hashes are, in
whatever plan they ran; runs that took results over from earlier ones tell whether a content
succeeds, but not what it costs and how long it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from milepost.domain.errors import RefusedError
from milepost.domain.events import (
    Event,
    PlanCancelled,
    PlanCompleted,
    PlanDrafted,
    PlanFailed,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    PlanStarted,
    RevisionTrigger,
    SkipReason,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
)
from milepost.domain.ids import PlanId
from milepost.domain.plans import Completion
from milepost.domain.values import ContentHash

LEAST_RUNS = 3
"""Fewer runs than this say too little of a content."""

_REOPENS = PlanRolledBack | PlanRestored | PlanRecovered


@dataclass(frozen=True, slots=True)
class Run:
    """One epoch of a plan by one content, ended by itself or replaced because it did not do."""

    plan: PlanId
    epoch: int
    content: ContentHash
    succeeded: bool
    """Whether it did what it was to do, without a failed step being given up."""
    whole: bool
    """Whether it began from nothing and did all of this content."""
    calls: int
    tokens: int
    took: timedelta


@dataclass(frozen=True, slots=True)
class Standing:
    """How one content did; cost and time are medians over whole runs, None without any."""

    content: ContentHash
    names: tuple[str, ...]
    """What the content is called: `revision 2`, `sales@1.0.0`."""
    rank: int | None
    """From 1; None where there are too few runs."""
    success: float
    """Which part of the runs succeeded."""
    tokens: float | None
    calls: float | None
    took: timedelta | None
    runs: tuple[Run, ...]
    """The evidence, oldest first."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Contents by success, then by tokens, calls and time, the best first; unranked ones last."""

    of: str
    least_runs: int
    standings: tuple[Standing, ...]

    @property
    def best(self) -> Standing:
        """The first in rank."""
        return self.standings[0]


def ranked(
    of: str,
    names: Mapping[ContentHash, Sequence[str]],
    runs: Iterable[Run],
    *,
    least_runs: int = LEAST_RUNS,
) -> Ranking:
    """Rank contents by their runs; runs of other contents are left aside.

    Raises `RefusedError` if no content has enough of them.
    """
    evidence: dict[ContentHash, list[Run]] = {content: [] for content in names}
    for run in runs:
        if run.content in evidence:
            evidence[run.content].append(run)
    enough = [content for content, own in evidence.items() if len(own) >= least_runs]
    if not enough:
        most = max(map(len, evidence.values()), default=0)
        raise RefusedError(
            f"{of}: no revision has the {least_runs} runs that it takes to compare; "
            f"the most is {most}: run it more often, or ask with fewer"
        )
    standings = [_standing(content, names[content], own) for content, own in evidence.items()]
    standings.sort(key=lambda one: (one.content not in enough, *_merit(one)))
    return Ranking(
        of=of,
        least_runs=least_runs,
        standings=tuple(
            replace(one, rank=place if one.content in enough else None)
            for place, one in enumerate(standings, start=1)
        ),
    )


def runs_of(events: Iterable[Event]) -> list[Run]:
    """Return the runs of one plan that its own events tell, oldest first.

    Left out are runs that go on, that a person cancelled, or whose content a person replaced.
    """
    folding = _Folding()
    for event in events:
        folding.add(event)
    return folding.runs


class _Folding:
    """What a plan's events so far say of its runs."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.plan = PlanId("")
        self.content = ContentHash("")
        self.epoch = 1
        self.ended = False
        self.began: datetime | None = None
        self.whole = True
        self.given_up: set[str] = set()
        """Streams of the steps that the plan goes on without since it was recovered."""
        self.calls = self.tokens = 0

    def add(self, event: Event) -> None:
        """Fold the plan's next event."""
        match event:
            case PlanDrafted():
                self.plan, self.content = PlanId(event.originator_id), ContentHash(event.content)
            case PlanStarted() | PlanForked():
                self._begin(event, whole=isinstance(event, PlanStarted))
            case PlanRevised():
                self._revise(event)
            case PlanRolledBack() | PlanRestored() | PlanRecovered():
                self._reopen(event)
            case PlanCompleted() | PlanFailed() | PlanCancelled():
                self._end(event)
            case StepCompleted() | StepFailed() | StepRetrying():
                self._spend(event)
            case StepSkipped() | StepReset():
                self._leave_out(event)

    def _begin(self, event: Event, *, whole: bool) -> None:
        self.began, self.whole = event.timestamp, whole
        self.calls = self.tokens = 0

    def _revise(self, event: PlanRevised) -> None:
        if event.trigger is not RevisionTrigger.USER:
            self._note(event, succeeded=False, whole=False)
        self._begin(event, whole=False)
        self.content = ContentHash(event.content)

    def _reopen(self, event: _REOPENS) -> None:
        self.epoch += self.ended
        self.ended = False
        self._begin(event, whole=not event.kept)
        self.content = ContentHash(event.content)

    def _end(self, event: PlanCompleted | PlanFailed | PlanCancelled) -> None:
        self.ended = True
        if not isinstance(event, PlanCancelled):
            succeeded = event.completion is Completion.SUCCESS and not self.given_up
            self._note(event, succeeded=succeeded, whole=self.whole and not self.given_up)

    def _leave_out(self, event: StepSkipped | StepReset) -> None:
        if isinstance(event, StepReset):
            self.given_up.discard(event.originator_id)
        elif event.reason is SkipReason.GIVEN_UP:
            self.given_up.add(event.originator_id)

    def _spend(self, event: StepCompleted | StepFailed | StepRetrying) -> None:
        self.calls += event.duration is not None
        if event.usage is not None:
            self.calls += event.usage.calls
            self.tokens += event.usage.input_tokens + event.usage.output_tokens

    def _note(self, event: Event, *, succeeded: bool, whole: bool) -> None:
        self.runs.append(
            Run(
                plan=self.plan,
                epoch=self.epoch,
                content=self.content,
                succeeded=succeeded,
                whole=whole,
                calls=self.calls,
                tokens=self.tokens,
                took=event.timestamp - (self.began or event.timestamp),
            )
        )


def _standing(content: ContentHash, names: Sequence[str], runs: Sequence[Run]) -> Standing:
    whole = [run for run in runs if run.whole]
    seconds = [run.took.total_seconds() for run in whole]
    return Standing(
        content=content,
        names=tuple(names),
        rank=None,
        success=sum(run.succeeded for run in runs) / len(runs) if runs else 0.0,
        tokens=median(run.tokens for run in whole) if whole else None,
        calls=median(run.calls for run in whole) if whole else None,
        took=timedelta(seconds=median(seconds)) if whole else None,
        runs=tuple(runs),
    )


def _merit(standing: Standing) -> tuple[float, float, float, float]:
    """Return what to sort by: success first, then cost and time; what is not known comes last."""
    unknown = float("inf")
    took = standing.took.total_seconds() if standing.took is not None else unknown
    tokens, calls = standing.tokens, standing.calls
    return (
        -standing.success,
        unknown if tokens is None else tokens,
        unknown if calls is None else calls,
        took,
    )
