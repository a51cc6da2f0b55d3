"""The status of every step, those without an event included."""

import pytest

from milepost.domain.errors import IllegalTransitionError, StoreFormatError
from milepost.domain.events import (
    PlanCancelled,
    PlanPaused,
    SkipReason,
    StepReset,
    StepSkipped,
    StepStarted,
    StepSuspended,
    Waiting,
)
from milepost.domain.steps import StepKind, StepStatus
from milepost.projections.story import PlanStory
from milepost.projections.totals import count_steps

from .made import Record, container, plan_of, tool_step

CHAIN = plan_of(tool_step("a"), tool_step("b", "a"), tool_step("c", "b"))


def statuses(record: Record) -> dict[str, str]:
    return {path: status.value for path, status in record.story.statuses.items()}


def test_nothing_is_ready_before_the_plan_starts() -> None:
    assert statuses(Record(CHAIN)) == {"a": "pending", "b": "pending", "c": "pending"}


def test_a_step_is_ready_when_all_that_it_waits_for_has_ended() -> None:
    record = Record(CHAIN)
    record.begin()
    assert statuses(record) == {"a": "ready", "b": "pending", "c": "pending"}
    record.run("a")
    assert statuses(record) == {"a": "completed", "b": "ready", "c": "pending"}


def test_of_two_free_steps_one_runs_and_the_other_is_ready() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b")))
    record.begin()
    record.start("a")
    assert statuses(record) == {"a": "running", "b": "ready"}


def test_steps_that_never_started_are_skipped_once_the_plan_has_ended() -> None:
    record = Record(CHAIN)
    record.begin()
    record.start("a")
    record.fail("a")
    record.add(PlanCancelled, reason="enough")
    assert statuses(record) == {"a": "failed", "b": "skipped", "c": "skipped"}


def test_children_of_a_container_that_ended_are_skipped_those_of_one_to_come_pending() -> None:
    first = container("one", StepKind.PARALLEL, tool_step("x"), tool_step("y"))
    second = container("two", StepKind.PARALLEL, tool_step("x"), depends_on=["c"])
    record = Record(plan_of(first, tool_step("c", "one"), second))
    record.begin()
    record.start("one")
    assert statuses(record)["one.y"] == "ready"
    record.run("one.x")
    record.complete("one")
    found = statuses(record)
    assert (found["one.x"], found["one.y"]) == ("completed", "skipped")
    assert (found["c"], found["two"], found["two.x"]) == ("ready", "pending", "pending")


def test_a_reset_step_is_pending_or_ready_again() -> None:
    record = Record(CHAIN)
    record.begin()
    record.run("a")
    record.start("b")
    record.add(StepReset, "a", reason="again")
    assert statuses(record) == {"a": "ready", "b": "running", "c": "pending"}


def test_every_status_is_counted_and_the_counts_add_up() -> None:
    names = ["done", "broken", "gone", "again", "asked", "busy", "free"]
    record = Record(plan_of(*map(tool_step, names), tool_step("later", "busy")))
    record.begin()
    record.run("done")
    record.start("broken")
    record.fail("broken")
    record.add(StepSkipped, "gone", reason=SkipReason.CONDITION, detail="`x` does not hold")
    record.start("again")
    record.retry("again", 5)
    record.start("asked")
    record.add(StepSuspended, "asked", waiting=Waiting.PERSON)
    record.start("busy")
    counts = count_steps(record.story)
    assert counts.total == 8
    assert (counts.completed, counts.failed, counts.skipped) == (1, 1, 1)
    assert (counts.retrying, counts.suspended, counts.running) == (1, 1, 1)
    assert (counts.ready, counts.pending, counts.cancelled) == (1, 1, 0)


def test_a_paused_plan_keeps_its_ready_steps_ready() -> None:
    record = Record(CHAIN)
    record.begin()
    record.add(PlanPaused, reason="lunch")
    assert statuses(record)["a"] == StepStatus.READY


def test_events_that_do_not_begin_with_a_draft_are_no_story() -> None:
    record = Record(CHAIN)
    record.begin()
    with pytest.raises(StoreFormatError, match="do not begin with its draft"):
        PlanStory(record.stored[1:], CHAIN)
    with pytest.raises(StoreFormatError, match="do not begin with its draft"):
        PlanStory([], CHAIN)


def test_a_move_that_the_lifecycle_does_not_allow_is_not_folded() -> None:
    record = Record(CHAIN)
    record.begin()
    record.complete("a")
    with pytest.raises(IllegalTransitionError, match="cannot complete while pending"):
        _ = record.story


def test_a_later_attempt_keeps_the_bindings_of_the_first() -> None:
    record = Record(CHAIN)
    record.begin()
    record.start("a", bindings={"/q": 1})
    record.retry("a", 1)
    record.add(StepStarted, "a", attempt=2)
    step = record.story.steps["a"].step
    assert step.bindings == {"/q": 1}
