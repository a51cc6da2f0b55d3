"""Attempts: how many, which errors are worth one, how long it waits in between."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .core_run import CoreRun, Fields, container, told, tool

STEADY = {"jitter": False}


def delays(run: CoreRun) -> list[float]:
    return [
        event.delay.total_seconds()  # type: ignore[attr-defined]
        for event in run.log
        if event.kind == "step.retrying.v1"
    ]


def exhausted(policy: dict[str, object]) -> CoreRun:
    """Return a plan whose only step failed in every attempt."""
    run = CoreRun(tool("a", retry={**STEADY, **policy}))
    while not run.state.plan.ended:
        if run.running:
            run.fail("a")
        else:
            run.wait_for_timer()
    return run


def test_both_attempts_of_a_flaky_step_stand_in_the_history() -> None:
    run = CoreRun(tool("a", retry=STEADY))
    run.fail("a", "busy")
    assert run.running == []
    assert run.wait(0.999) == []
    assert told(run.wait(0.001)) == ["started a"]
    run.succeed("a", "ok")
    assert told(run.log)[2:] == [
        "started a",
        "retrying a",
        "started a",
        "completed a",
        "plan completed",
    ]
    retrying, again = run.log[3], run.log[4]
    assert retrying.data()["error"] == {"code": "busy", "message": "a broke"}
    assert (retrying.data()["delay"], retrying.data()["due"]) == ("PT1S", "2026-01-01T00:00:01Z")
    assert (retrying.cause, again.cause) == ("p1.a#1", "p1.a#2")
    assert again.data() == {"attempt": 2}


@pytest.mark.parametrize(
    ("strategy", "waits"),
    [
        ("fixed", [1, 1, 1, 1, 1]),
        ("linear", [1, 2, 3, 4, 5]),
        ("exponential", [1, 2, 4, 8, 10]),
    ],
)
def test_delays_follow_the_strategy_and_never_pass_the_longest(
    strategy: str, waits: list[float]
) -> None:
    run = exhausted({"max_attempts": 6, "strategy": strategy, "max_delay": 10})
    assert delays(run) == waits
    assert run.state.steps["a"].attempt == 6  # type: ignore[index]


def test_the_default_policy_makes_three_attempts() -> None:
    run = CoreRun(tool("a", retry={}))
    for _attempt in range(2):
        run.fail("a")
        run.wait_for_timer()
    run.fail("a")
    assert told(run.log)[-2:] == ["failed a", "plan failed"]


def test_without_a_policy_an_error_is_final() -> None:
    run = CoreRun(tool("a"))
    assert told(run.fail("a")) == ["failed a", "plan failed"]


def test_the_plans_policy_is_for_steps_without_their_own() -> None:
    settings = {"default_retry": {"max_attempts": 2, **STEADY}, "stop_on_first_failure": False}
    run = CoreRun(tool("a"), tool("b", retry={"max_attempts": 1}), settings=settings)
    assert told(run.fail("a")) == ["retrying a"]
    assert told(run.fail("b")) == ["failed b"]


def test_only_listed_errors_are_retried_where_there_is_a_list() -> None:
    listed = tool("a", retry={"retryable_errors": ["busy"], **STEADY})
    run = CoreRun(listed)
    assert told(run.fail("a", "busy", retryable=False)) == ["retrying a"]
    run.wait_for_timer()
    assert told(run.fail("a", "broken")) == ["failed a", "plan failed"]


def test_an_error_that_is_not_worth_it_is_final_without_a_list() -> None:
    run = CoreRun(tool("a", retry=STEADY))
    assert told(run.fail("a", retryable=False)) == ["failed a", "plan failed"]


def test_a_code_that_interruptions_have_needs_a_policy_like_any_other() -> None:
    run = CoreRun(tool("a"))
    assert told(run.fail("a", "interrupted")) == ["failed a", "plan failed"]


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 5))
def test_jitter_stays_between_half_and_whole_and_replay_agrees(
    randomness: float, attempt: int
) -> None:
    run = CoreRun(tool("a", retry={"max_attempts": 6}))
    for _earlier in range(attempt):
        run.fail("a", randomness=randomness)
        run.wait_for_timer()
    whole = [1, 2, 4, 8, 16][:attempt]
    assert all(
        longest / 2 <= delay <= longest for delay, longest in zip(delays(run), whole, strict=True)
    )
    assert run.replayed().equal


def test_different_luck_gives_different_delays() -> None:
    spread = set()
    for number in range(10):
        run = CoreRun(tool("a", retry={}))
        run.fail("a", randomness=number / 10)
        spread.add(delays(run)[0])
    assert len(spread) == 10


def test_a_waiting_retry_gives_its_slot_to_others() -> None:
    run = CoreRun(tool("a", retry=STEADY), tool("b"), settings={"max_parallel_steps": 1})
    run.fail("a")
    assert run.running == ["b"]
    run.wait(1)
    assert (run.running, run.ready) == (["b"], ["a"])
    run.succeed("b")
    assert run.running == ["a"]


def test_a_forged_delay_outside_of_the_policy_is_found_in_replay() -> None:
    run = CoreRun(tool("a", retry={}))
    run.fail("a")
    event = run.log[-1]
    forged = event.model_copy(
        update={"delay": timedelta(seconds=9), "due": event.timestamp + timedelta(seconds=9)}
    )
    run.log[-1] = forged
    assert not run.replayed().equal


@pytest.mark.parametrize("refused", [False, True])
def test_a_container_that_is_tried_again_runs_all_that_it_had_kept_again(*, refused: bool) -> None:
    def plan(name: str) -> list[Fields]:
        undo = {"tool": "undo", "input": {}}
        inner = container("sequential", "d", tool("x", compensate=undo))
        policy = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
        return [container("sequential", "c", inner, tool("e", tool=name), retry=policy)]

    run = CoreRun(*plan("old"), tool("z", "c"))
    run.revise(*plan("new"), tool("z", "c"))
    run.succeed("c.d.x", 1)
    run.succeed("c.e", 2)
    run.roll_back(1)
    if refused:
        run.compensate("nothing")
    run.fail("c.e")
    run.wait()
    assert run.running == ["c.d.x"]
    assert told(run.log)[-6:-2] == ["started c", "reset c.d", "reset c.e", "reset c.d.x"]
    run.finish()
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


def test_a_loop_that_is_tried_again_runs_rounds_again_that_it_had_kept() -> None:
    def plan(name: str) -> list[Fields]:
        policy = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
        return [container("loop", "l", tool("x"), tool("y", tool=name), count=2, retry=policy)]

    run = CoreRun(*plan("old"), tool("z", "l"))
    run.revise(*plan("new"), tool("z", "l"))
    for path in ("l[0].x", "l[0].y", "l[1].x", "l[1].y"):
        run.succeed(path)
    run.roll_back(1)
    run.fail("l[0].y")
    run.wait()
    assert run.running == ["l[0].x"]
    assert "l[1].x" not in run.statuses
    run.finish()
    assert told(run.log).count("started l[1].x") == 2
    assert run.replayed().equal
