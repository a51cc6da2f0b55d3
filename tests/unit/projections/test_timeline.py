"""Lanes, bars and what running side by side saved."""

from datetime import timedelta

from milepost.domain.events import ErrorRecord, PlanFailed, StepCancelled
from milepost.domain.steps import StepKind
from milepost.projections.timeline import Timeline, timeline

from .made import BEGINNING, Record, container, plan_of, tool_step


def diamond() -> Record:
    """Return a plan whose two middle steps ran side by side for two seconds."""
    spec = plan_of(
        tool_step("a"), tool_step("b", "a"), tool_step("c", "a"), tool_step("d", "b", "c")
    )
    record = Record(spec)
    record.begin()
    record.run("a", 1)
    record.start("b")
    record.start("c")
    record.wait(2)
    record.complete("b")
    record.wait(3)
    record.complete("c")
    record.run("d", 1)
    record.end()
    return record


def at(second: float) -> timedelta:
    return timedelta(seconds=second)


def bars(found: Timeline, path: str) -> list[tuple[float, float | None, str]]:
    """Return the bars of a step in seconds since the beginning."""
    (lane,) = (lane for lane in found.lanes if lane.path == path)
    return [
        (
            (bar.start - BEGINNING).total_seconds(),
            (bar.end - BEGINNING).total_seconds() if bar.end else None,
            bar.state,
        )
        for bar in lane.bars
    ]


def test_the_sums_say_what_running_side_by_side_saved() -> None:
    found = timeline(diamond().story)
    assert (found.total, found.serial, found.saved) == (at(7), at(9), at(2))
    assert (found.most_at_once, found.overlap) == (2, at(2))


def test_the_critical_path_goes_back_from_the_end_through_what_ended_last() -> None:
    found = timeline(diamond().story)
    assert found.critical_path == ("a", "c", "d")
    assert [lane.path for lane in found.lanes if lane.is_critical] == ["a", "c", "d"]


def test_lanes_come_in_file_order_with_their_level() -> None:
    found = timeline(diamond().story)
    assert [(lane.path, lane.level, lane.depth) for lane in found.lanes] == [
        ("a", 0, 0),
        ("b", 1, 0),
        ("c", 1, 0),
        ("d", 2, 0),
    ]


def test_every_attempt_has_a_bar_and_so_has_the_wait_between() -> None:
    record = Record(plan_of(tool_step("a")))
    record.begin()
    record.start("a")
    record.wait(1)
    record.retry("a", 5)
    record.wait(5)
    record.start("a", attempt=2)
    record.wait(1)
    record.fail("a")
    assert bars(timeline(record.story), "a") == [
        (0, 1, "retrying"),
        (1, 6, "retry"),
        (6, 7, "failed"),
    ]


def test_a_running_bar_is_open_and_counted_up_to_now() -> None:
    record = Record(plan_of(tool_step("a")))
    record.begin()
    record.start("a")
    found = timeline(record.story, BEGINNING + at(4))
    assert bars(found, "a") == [(0, None, "running")]
    assert (found.total, found.serial) == (at(4), at(4))


def test_containers_hold_those_inside_them_but_do_no_work() -> None:
    both = container("both", StepKind.PARALLEL, tool_step("x"), tool_step("y"))
    record = Record(plan_of(both))
    record.begin()
    record.start("both")
    record.start("both.x")
    record.start("both.y")
    record.wait(2)
    record.complete("both.x")
    record.wait(1)
    record.complete("both.y")
    record.complete("both")
    record.end()
    found = timeline(record.story)
    assert (found.total, found.serial, found.most_at_once) == (at(3), at(5), 2)
    assert set(found.critical_path) == {"both", "both.y"}
    assert [lane.depth for lane in found.lanes] == [0, 1, 1]


def test_a_step_that_was_stopped_ends_its_bar() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b")))
    record.begin()
    record.start("a")
    record.start("b")
    record.wait(1)
    record.fail("b")
    record.add(StepCancelled, "a", reason="stopped")
    record.add(PlanFailed, reason="error", error=ErrorRecord(message="b failed"))
    found = timeline(record.story)
    assert bars(found, "a") == [(0, 1, "cancelled")]
    assert found.ended == BEGINNING + at(1)


def test_a_run_that_took_no_time_is_a_run() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b", "a")))
    record.begin()
    record.run("a", 0)
    record.run("b", 0)
    record.end()
    assert timeline(record.story).most_at_once == 1


def test_a_plan_that_has_not_started_has_lanes_without_bars() -> None:
    found = timeline(Record(plan_of(tool_step("a"))).story)
    assert (found.total, found.most_at_once, found.critical_path) == (at(0), 0, ())
    assert [len(lane.bars) for lane in found.lanes] == [0]
