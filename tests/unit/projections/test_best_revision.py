"""Which content did best, from the events of plans."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from milepost.domain.errors import RefusedError
from milepost.domain.events import (
    ErrorRecord,
    Event,
    PlanCancelled,
    PlanCompleted,
    PlanDrafted,
    PlanFailed,
    PlanRecovered,
    PlanRevised,
    PlanStarted,
    RevisionStrategy,
    RevisionTrigger,
    SkipReason,
    StepCompleted,
    StepReset,
    StepSkipped,
    Usage,
)
from milepost.domain.plans import Completion
from milepost.domain.values import ContentHash
from milepost.projections.best_revision import Run, ranked, runs_of

A, B = ContentHash("sha256:" + "a" * 64), ContentHash("sha256:" + "b" * 64)
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


class Log:
    """Events of one plan, a second apart."""

    def __init__(self, content: ContentHash = A) -> None:
        self.events: list[Event] = []
        self.add(PlanDrafted, content=content)
        self.add(PlanStarted, decider=1, strategy="dag")

    def add(self, kind: type[Event], stream: str = "p1", **fields: Any) -> None:
        number = len(self.events) + 1
        time = BEGINNING + timedelta(seconds=number)
        event = kind(originator_id=stream, originator_version=number, timestamp=time, **fields)
        self.events.append(event)

    def work(self, tokens: int) -> None:
        usage = Usage(input_tokens=tokens)
        self.add(StepCompleted, "p1.a", output=1, duration=1.0, usage=usage)

    def revise(self, content: ContentHash, trigger: RevisionTrigger) -> None:
        self.add(
            PlanRevised,
            number=2,
            content=content,
            parent=1,
            trigger=trigger,
            strategy=RevisionStrategy.PARTIAL,
        )

    def complete(self) -> None:
        self.add(PlanCompleted, completion=Completion.SUCCESS, reason="all_done")

    def fail(self) -> None:
        self.add(PlanFailed, reason="error", error=ErrorRecord(message="broken"))

    def give_up(self, stream: str) -> None:
        self.add(StepSkipped, stream, reason=SkipReason.GIVEN_UP)

    def recover(self, *, kept: int) -> None:
        self.add(
            PlanRecovered, number=1, content=A, parent=1, strategy="resume", kept=kept, reason="on"
        )


def run(content: ContentHash, *, succeeded: bool, tokens: int = 0, seconds: float = 1) -> Run:
    took = timedelta(seconds=seconds)
    return Run("p1", 1, content, succeeded, True, 1, tokens, took)  # type: ignore[arg-type]


def test_a_run_counts_what_it_used_and_how_long_it_took() -> None:
    log = Log()
    log.work(tokens=7)
    log.work(tokens=5)
    log.complete()

    [found] = runs_of(log.events)
    assert (found.content, found.succeeded, found.whole) == (A, True, True)
    assert (found.calls, found.tokens, found.took) == (2, 12, timedelta(seconds=3))


def test_epochs_are_runs_of_their_own_and_one_that_kept_results_is_not_whole() -> None:
    log = Log()
    log.work(tokens=7)
    log.fail()
    log.recover(kept=1)
    log.complete()

    first, second = runs_of(log.events)
    assert (first.epoch, first.succeeded, first.whole) == (1, False, True)
    assert (second.epoch, second.succeeded, second.whole) == (2, True, False)
    assert second.tokens == 0


def test_a_run_that_went_on_without_a_failed_step_is_neither_whole_nor_a_success() -> None:
    log = Log()
    log.fail()
    log.recover(kept=0)
    log.give_up("p1.a")
    log.complete()
    log.recover(kept=0)
    log.add(StepReset, "p1.a", reason="again")
    log.work(tokens=7)
    log.complete()

    found = [(one.succeeded, one.whole) for one in runs_of(log.events)]
    assert found == [(False, True), (False, False), (True, True)]


def test_a_content_that_had_to_be_replaced_did_not_succeed() -> None:
    log = Log()
    log.revise(B, RevisionTrigger.FAILURE)
    log.complete()

    assert [(one.content, one.succeeded) for one in runs_of(log.events)] == [(A, False), (B, True)]


def test_what_a_person_replaced_or_cancelled_is_no_evidence() -> None:
    replaced, cancelled = Log(), Log()
    replaced.revise(B, RevisionTrigger.USER)
    cancelled.add(PlanCancelled)

    assert runs_of(replaced.events) == []
    assert runs_of(cancelled.events) == []


def test_success_comes_before_cost_and_cost_before_time() -> None:
    names = {A: ["a"], B: ["b"]}
    cheap = [run(A, succeeded=True, tokens=1, seconds=9)] * 3
    dear = [run(B, succeeded=True, tokens=2, seconds=1)] * 3
    unsure = [*cheap, run(A, succeeded=False)]

    assert ranked("it", names, [*cheap, *dear]).best.content == A
    assert ranked("it", names, [*unsure, *dear]).best.content == B


def test_too_few_runs_are_not_ranked_and_none_at_all_is_refused() -> None:
    names = {A: ["a"], B: ["b"]}
    runs = [run(A, succeeded=True)] * 3 + [run(B, succeeded=True)] * 2

    ranking = ranked("it", names, runs)
    assert [(one.content, one.rank) for one in ranking.standings] == [(A, 1), (B, None)]
    with pytest.raises(RefusedError, match="the most is 3"):
        ranked("it", names, runs, least_runs=4)
