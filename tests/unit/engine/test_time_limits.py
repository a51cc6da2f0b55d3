"""Time limits of attempts, steps and plans."""

from datetime import timedelta

import pytest

from milepost.domain.events import ErrorRecord
from milepost.domain.ids import StepPath
from milepost.engine.core import AttemptFailed
from milepost.engine.core.derive import restore

from .core_run import PLAN, CoreRun, Fields, container, told, tool

STEADY = {"jitter": False}
ON = {"stop_on_first_failure": False}


def error_of(run: CoreRun, path: str) -> dict[str, object]:
    own = [event for event in run.log if event.originator_id == f"{PLAN}.{path}"]
    errors: list[dict[str, object]] = [e.data()["error"] for e in own if "error" in e.data()]
    return errors[-1]


def test_an_attempt_out_of_time_is_tried_again_by_the_policy() -> None:
    run = CoreRun(tool("a", attempt_timeout=5, retry={"max_attempts": 2, **STEADY}))
    assert run.wait(4.9) == []
    assert told(run.wait(0.1)) == ["retrying a"]
    assert "attempt 1 of step 'a' took longer than 5 s" in str(error_of(run, "a")["message"])
    assert told(run.wait(1)) == ["started a"]
    assert told(run.wait(5)) == ["failed a", "plan failed"]
    assert error_of(run, "a")["kind"] == error_of(run, "a")["code"] == "timeout"
    assert run.replayed().equal


def test_a_step_out_of_time_fails_whatever_its_attempts() -> None:
    run = CoreRun(tool("a", timeout=5, retry={"max_attempts": 9, **STEADY}), settings=ON)
    run.fail("a")
    run.wait(1)
    assert told(run.wait(4)) == ["failed a", "plan failed"]
    assert error_of(run, "a")["retryable"] is False
    assert run.replayed().equal


def test_a_retry_that_would_come_too_late_is_not_waited_for() -> None:
    slow = {"max_attempts": 9, "initial_delay": 10, **STEADY}
    run = CoreRun(tool("a", timeout=5, retry=slow))
    run.fail("a", "busy")
    error = error_of(run, "a")
    assert told(run.log)[-2:] == ["failed a", "plan failed"]
    assert (error["kind"], error["cause"]["code"]) == ("timeout", "busy")  # type: ignore[index]
    assert run.replayed().equal


def test_a_tools_own_timeout_is_no_time_limit_of_ours() -> None:
    """Two things happen at one moment: another step's wait ends, and a tool gives up by itself."""
    run = CoreRun(tool("a"), {"id": "w", "kind": "wait", "input": {}, "wait_for": 5}, settings=ON)
    run.now += timedelta(seconds=6)
    gave_up = ErrorRecord(kind="timeout", code="timeout", message="no answer from the server")
    assert told(run.decide(AttemptFailed(StepPath("a"), 1, gave_up))) == [
        "failed a",
        "completed w",
        "plan completed",
    ]
    assert run.replayed().difference is None


def test_a_container_out_of_time_stops_what_is_below_it() -> None:
    row = container("sequential", "s", container("parallel", "p", tool("x"), tool("y")), timeout=5)
    run = CoreRun(row, tool("other"), settings=ON)
    assert told(run.wait(5)) == [
        "cancelled s.p.y",
        "cancelled s.p.x",
        "cancelled s.p",
        "failed s",
    ]
    assert run.running == ["other"]
    assert run.replayed().equal


def test_time_spent_waiting_for_a_slot_does_not_count() -> None:
    run = CoreRun(tool("a"), tool("b", timeout=5), settings={"max_parallel_steps": 1})
    run.wait(60)
    run.succeed("a")
    assert run.wait(4.9) == []
    assert told(run.wait(0.1)) == ["failed b", "plan failed"]


def test_a_plan_out_of_time_ends_as_timed_out_with_what_it_has() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), settings={"max_execution_time": 2})
    run.succeed("a", "kept")
    events = run.time_out(2)
    assert told(events) == ["plan limit_reached", "cancelled b", "plan failed"]
    assert events[0].data() == {"limit": "max_execution_time", "allowed": 2.0, "reached": 2.0}
    result = run.result
    assert (result.completion, result.reason) == ("timeout", "max_execution_time")
    assert (result.completed_steps, result.cancelled_steps) == (1, 1)
    assert run.state.steps["a"].output == "kept"  # type: ignore[index]
    assert run.replayed().equal


def test_no_step_starts_after_the_plans_time_is_over() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), settings={"max_execution_time": 2})
    run.now += timedelta(seconds=3)
    assert told(run.succeed("a")) == ["completed a", "plan limit_reached", "plan failed"]
    assert run.replayed().equal


def test_a_plan_that_is_done_in_its_last_moment_is_done() -> None:
    run = CoreRun(tool("a"), settings={"max_execution_time": 2})
    run.now += timedelta(seconds=3)
    assert told(run.succeed("a")) == ["completed a", "plan completed"]


def test_pauses_do_not_count_for_the_plans_time() -> None:
    run = CoreRun(tool("a"), settings={"max_execution_time": 10})
    run.wait(5)
    run.ask("pause")
    run.wait(100)
    run.ask("resume")
    assert told(run.time_out(4)) == []
    assert told(run.time_out(1))[0] == "plan limit_reached"
    assert run.replayed().equal


def test_down_time_counts_for_the_plans_time() -> None:
    run = CoreRun(tool("a"), settings={"max_execution_time": 10})
    run.now += timedelta(seconds=60)
    assert told(run.crash()) == [
        "plan owner_changed",
        "retrying a",
        "plan limit_reached",
        "cancelled a",
        "plan failed",
    ]


def test_an_attempts_time_limit_outlives_folding_anew_after_a_conflict() -> None:
    run = CoreRun(tool("a", attempt_timeout=5))
    run.wait(3)
    run.state = restore(PLAN, run.log, run.compiled)
    assert told(run.wait(1.9)) == []
    assert told(run.wait(0.1)) == ["failed a", "plan failed"]


def test_an_attempt_made_after_a_crash_has_its_own_time() -> None:
    run = CoreRun(tool("a", attempt_timeout=5))
    run.wait(3)
    run.crash()
    assert told(run.wait(4.9)) == []
    assert told(run.wait(0.1)) == ["failed a", "plan failed"]


def wait_step(name: str, **fields: object) -> Fields:
    return {"id": name, "kind": "wait", "input": {}, "wait_for": 10, **fields}


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([wait_step("w", timeout=10)], ["failed w", "plan failed"]),
        (
            [wait_step("w"), tool("x", attempt_timeout=10)],
            ["failed x", "cancelled w", "plan failed"],
        ),
        (
            [container("parallel", "p", tool("x", attempt_timeout=10), tool("y"), timeout=10)],
            ["cancelled p.y", "cancelled p.x", "failed p", "plan failed"],
        ),
    ],
)
def test_of_times_that_fall_together_limits_come_first_and_the_outermost_of_them(
    steps: list[Fields], expected: list[str], anew: bool
) -> None:
    run = CoreRun(*steps)
    if anew:
        run.state = restore(PLAN, run.log, run.compiled)
    assert told(run.wait(10)) == expected
    assert run.replayed().equal


@pytest.mark.parametrize("anew", [True, False])
def test_of_iterations_whose_times_fall_together_the_earlier_ones_come_first(anew: bool) -> None:
    waiting = container("loop", "l", wait_step("w"), count=12, concurrency=12)
    run = CoreRun(waiting)
    if anew:
        run.state = restore(PLAN, run.log, run.compiled)
    ended = told(run.wait(10))[:12]
    assert ended == [f"completed l[{number}].w" for number in range(12)]
