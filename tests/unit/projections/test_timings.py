"""How long steps waited and ran."""

from datetime import timedelta

from milepost.domain.events import (
    PlanCancelled,
    SkipReason,
    StepReset,
    StepSkipped,
    StepSuspended,
    Waiting,
)
from milepost.domain.steps import StepKind
from milepost.projections.timings import timings

from .made import BEGINNING, Record, container, plan_of, tool_step

CHAIN = plan_of(tool_step("a"), tool_step("b", "a"))


def seconds(record: Record, now: float | None = None) -> dict[str, tuple[float, float]]:
    """Return how long each step waited and ran."""
    moment = BEGINNING + timedelta(seconds=now) if now is not None else None
    found = timings(record.story, moment)
    for timing in found.values():
        assert timing.waited + timing.ran == timing.elapsed
        assert timing.waited >= timedelta()
    return {
        path: (timing.waited.total_seconds(), timing.ran.total_seconds())
        for path, timing in found.items()
    }


def test_a_step_waits_from_the_end_of_the_last_one_before_it() -> None:
    record = Record(CHAIN)
    record.begin()
    record.wait(2)
    record.run("a", 3)
    record.wait(4)
    record.run("b", 5)
    assert seconds(record) == {"a": (2, 3), "b": (4, 5)}


def test_the_time_between_attempts_is_waiting() -> None:
    record = Record(CHAIN)
    record.begin()
    record.start("a")
    record.wait(1)
    record.retry("a", 10)
    record.wait(10)
    record.start("a", attempt=2)
    record.wait(2)
    record.complete("a")
    assert seconds(record)["a"] == (10, 3)


def test_the_time_until_an_answer_is_waiting() -> None:
    record = Record(CHAIN)
    record.begin()
    record.start("a")
    record.wait(1)
    record.add(StepSuspended, "a", waiting=Waiting.PERSON)
    record.wait(60)
    record.complete("a")
    assert seconds(record)["a"] == (60, 1)


def test_what_still_goes_on_is_counted_up_to_now() -> None:
    record = Record(CHAIN)
    record.begin()
    record.start("a")
    assert seconds(record) == {"a": (0, 0)}
    assert seconds(record, now=7) == {"a": (0, 7)}


def test_a_ready_step_waits_and_a_pending_one_has_no_time_yet() -> None:
    record = Record(CHAIN)
    record.begin()
    assert seconds(record, now=3) == {"a": (3, 0)}


def test_a_skipped_step_only_waited_and_one_that_never_moved_has_no_time() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b", "a"), tool_step("c", "b")))
    record.begin()
    record.run("a", 1)
    record.wait(2)
    record.add(StepSkipped, "b", reason=SkipReason.CONDITION, detail="")
    record.add(PlanCancelled)
    assert seconds(record) == {"a": (0, 1), "b": (2, 0)}


def test_children_are_free_when_their_container_starts() -> None:
    both = container("both", StepKind.PARALLEL, tool_step("x"), tool_step("y"))
    record = Record(plan_of(both))
    record.begin()
    record.wait(1)
    record.start("both")
    record.run("both.x", 2)
    record.run("both.y", 3)
    record.complete("both")
    assert seconds(record) == {"both": (1, 5), "both.x": (0, 2), "both.y": (2, 3)}


def test_after_a_reset_only_the_new_activation_counts() -> None:
    record = Record(CHAIN)
    record.begin()
    record.run("a", 100)
    record.add(StepReset, "a", reason="again")
    record.wait(1)
    record.run("a", 2)
    assert seconds(record)["a"] == (1, 2)
