"""What follows when a crash cuts an attempt off: again, ask, or fail."""

import pytest

from .core_run import CoreRun, container, told, tool


def test_a_reading_tool_is_called_again_at_once_with_the_same_key() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    before = run.state.instances["a"].key  # type: ignore[index]
    events = run.crash()
    assert told(events) == ["plan owner_changed", "retrying a", "started a"]
    assert events[0].data() == {
        "owner": "another",
        "fence": 2,
        "reason": "taken over",
        "interrupted": {"a": False},
    }
    assert events[1].data()["error"]["code"] == "interrupted"
    assert events[2].data() == {"attempt": 2}
    assert run.state.instances["a"].key == before  # type: ignore[index]


def test_an_interrupted_attempt_counts_as_one() -> None:
    run = CoreRun(tool("a", retry={"max_attempts": 2, "initial_delay": 0, "jitter": False}))
    run.crash()
    assert told(run.fail("a")) == ["failed a", "plan failed"]


def test_without_a_policy_three_interruptions_are_enough() -> None:
    run = CoreRun(tool("a"))
    run.crash()
    run.crash()
    assert told(run.crash()) == ["plan owner_changed", "failed a", "plan failed"]


def test_an_interruption_below_does_not_make_its_container_try_again() -> None:
    run = CoreRun(container("sequential", "s", tool("x", retry={"max_attempts": 1})))
    assert told(run.crash()) == ["plan owner_changed", "failed s.x", "failed s", "plan failed"]


def test_a_writing_tool_is_asked_about() -> None:
    run = CoreRun(tool("a"))
    events = run.crash(writes=True)
    assert told(events) == ["plan owner_changed", "suspended a", "plan paused"]
    assert events[1].data()["waiting"] == "unknown"
    assert "Did it take effect?" in events[1].data()["question"]["prompt"]
    assert run.state.plan.waiting == ("a",)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"value": {"id": 7}},
            ["plan resumed", "completed a", "plan request_answered", "plan completed"],
        ),
        (
            {"outcome": "retry"},
            ["plan resumed", "retrying a", "plan request_answered", "started a"],
        ),
        (
            {"outcome": "fail"},
            ["plan resumed", "failed a", "plan request_answered", "plan failed"],
        ),
    ],
)
def test_a_person_says_what_became_of_it(answer: dict[str, object], words: list[str]) -> None:
    run = CoreRun(tool("a"))
    run.crash(writes=True)
    assert told(run.ask("answer", step="a", **answer)) == words  # type: ignore[arg-type]
    assert run.replayed().equal


@pytest.mark.parametrize(
    ("policy", "words"),
    [("retry", ["retrying a", "started a"]), ("fail", ["failed a", "plan failed"])],
)
def test_the_step_may_say_beforehand_what_is_to_follow(policy: str, words: list[str]) -> None:
    run = CoreRun(tool("a", on_unknown=policy))
    assert told(run.crash(writes=True)) == ["plan owner_changed", *words]


def test_what_had_no_attempt_under_way_is_left_alone() -> None:
    waiting = {"id": "w", "kind": "wait", "input": {}, "wait_for": 5}
    again = {"max_attempts": 2, "initial_delay": 5, "jitter": False}
    run = CoreRun(waiting, tool("a", retry=again), tool("b"))
    run.succeed("b")
    run.fail("a")
    assert told(run.crash()) == ["plan owner_changed"]
    assert told(run.wait(5)) == ["completed w", "started a"]


def test_a_retry_names_the_failure_that_led_to_it_also_after_a_crash() -> None:
    run = CoreRun(tool("a", retry={"max_attempts": 2, "initial_delay": 5, "jitter": False}))
    run.fail("a")
    run.crash()
    run.wait(5)
    assert run.log[-1].cause == "p1.a#2"


def test_steps_that_had_ended_do_not_run_again() -> None:
    steps = [tool("a"), container("sequential", "s", tool("x"), tool("y")), tool("z", "s", "a")]
    run = CoreRun(*steps)
    run.succeed("a")
    run.succeed("s.x")
    run.crash()
    run.finish()
    words = told(run.log)
    assert [words.count(f"started {path}") for path in ("a", "s.x", "s.y", "z")] == [1, 1, 2, 1]
