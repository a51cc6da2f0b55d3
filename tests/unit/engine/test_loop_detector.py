"""The loop detector in the core: each circle is named with its steps, count and evidence."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.domain.events import Event, LoopDetected, Usage
from milepost.domain.ids import StepPath
from milepost.engine.core import AttemptSucceeded
from milepost.engine.core.derive import restore

from .core_run import PLAN, CoreRun, container, told, tool
from .replan_run import ReplanRun

NOTHING: dict[str, Any] = {"max_repeats": None, "state_repeats": None}


def rounds(*steps: Any, loops: dict[str, Any], **more: Any) -> CoreRun:
    """Return a plan that goes round for ever if nobody stops it."""
    endless = {"while": "true", "max_iterations": 1000, **more}
    loop = container("loop", "l", *steps, **endless)
    return CoreRun(loop, settings={"loops": loops}, context={"q": 1})


def found(log: list[Event]) -> LoopDetected:
    [event] = [event for event in log if isinstance(event, LoopDetected)]
    return event


def succeed(run: CoreRun, path: str, output: Any, tokens: int = 0) -> None:
    usage = Usage(output_tokens=tokens) if tokens else None
    attempt = run.state.steps[StepPath(path)].attempt
    run.decide(AttemptSucceeded(StepPath(path), attempt, output, 0.1, usage))


def go_round(run: CoreRun, limit: int = 200) -> int:
    """Let every call give something new until the plan rests; return how many there were."""
    calls = 0
    while run.running and calls < limit:
        calls += 1
        run.succeed(run.running[0], calls)
    return calls


def test_without_the_setting_nothing_is_looked_for() -> None:
    run = CoreRun(container("loop", "l", tool("x"), count=50))
    run.finish()
    assert run.result.success
    assert run.state.loop_watch is None


def test_the_same_call_more_often_than_allowed_is_stopped_before_it_is_made() -> None:
    run = rounds(tool("x", input={"q": "${context.q}"}), loops={"max_repeats": 3})
    assert go_round(run) == 3
    event = found(run.log)
    assert (event.found, event.count, event.allowed) == ("repetition", 4, 3)
    assert event.steps == ("l[3].x",)
    assert event.evidence == ("p1.l[0].x#1", "p1.l[1].x#1", "p1.l[2].x#1")
    assert told(run.log)[-1] == "plan failed"
    assert (run.result.reason, run.state.plan.error.code) == ("loop", "loop")  # type: ignore[union-attr]
    assert "4th time" in str(run.result.error_message)
    assert run.replayed().equal


def test_calls_with_other_input_do_not_count_together() -> None:
    run = rounds(tool("x", input={"n": "${index}"}), loops={"max_repeats": 3, "state_repeats": 9})
    assert go_round(run, 20) == 20


def test_attempts_of_one_start_count_once() -> None:
    retry = {"max_attempts": 9, "initial_delay": 1, "jitter": False}
    run = CoreRun(tool("x", retry=retry), settings={"loops": {"max_repeats": 1}})
    for _attempt in range(5):
        run.fail("x")
        run.wait_for_timer()
    assert run.running == ["x"]


def test_a_sequence_that_repeats_is_named_with_how_often() -> None:
    body = (tool("x", input={"n": "${index}"}), tool("y", input={"n": "${index}"}))
    run = rounds(*body, loops={**NOTHING, "pattern_repeats": 3})
    assert go_round(run) == 6
    event = found(run.log)
    assert (event.found, event.steps, event.count) == ("pattern", ("l.x", "l.y"), 3)
    assert event.evidence[0] == "p1.l[0].x#1"
    assert len(event.evidence) == 6
    assert run.replayed().equal


def test_going_over_items_is_no_pattern() -> None:
    loop = container("loop", "l", tool("x"), tool("y"), for_each=list(range(20)))
    run = CoreRun(loop, settings={"loops": {**NOTHING, "pattern_repeats": 3, "state_repeats": 0}})
    run.finish()
    assert run.result.success


def test_a_state_that_was_there_before_is_named_with_both_events() -> None:
    run = rounds(tool("x"), tool("y"), loops={**NOTHING, "state_repeats": 0})
    for path in ("l[0].x", "l[0].y", "l[1].x", "l[1].y"):
        run.succeed(path, path[-1])
    event = found(run.log)
    assert (event.found, event.count, event.steps) == ("state", 1, ("l.y",))
    assert event.evidence == ("p1.l[0].y#2", "p1.l[1].y#2")
    assert told(run.log)[-1] == "plan failed"
    assert run.replayed().equal


def test_what_the_context_says_is_part_of_the_state() -> None:
    body = tool("x", set={"n": "${int(context.n) + 1}"})
    run = CoreRun(
        container("loop", "l", body, **{"while": "true"}),
        settings={"loops": {**NOTHING, "state_repeats": 0}},
        context={"n": 0},
    )
    for number in range(10):
        run.succeed(f"l[{number}].x", "same")
    assert run.state.plan.context == {"n": 10}


def test_spend_without_a_new_state_is_named_with_what_was_spent() -> None:
    loops = {**NOTHING, "max_spend_without_progress": 250}
    run = rounds(tool("x"), loops=loops)
    outputs = ["new", "new", "newer", "newer", "newer", "newer"]
    for number, output in enumerate(outputs):
        if run.running:
            succeed(run, f"l[{number}].x", output, tokens=100)
    event = found(run.log)
    assert (event.found, event.count, event.allowed) == ("spend", 300, 250)
    assert event.evidence == ("p1.l[3].x#2", "p1.l[4].x#2", "p1.l[5].x#2")
    assert run.replayed().equal


def test_a_call_that_tells_no_tokens_counts_as_one() -> None:
    run = rounds(tool("x"), loops={**NOTHING, "max_spend_without_progress": 3})
    for number in range(6):
        if run.running:
            succeed(run, f"l[{number}].x", "same")
    assert found(run.log).count == 4


def test_the_plan_pauses_where_that_is_asked_and_goes_on_with_a_clean_slate() -> None:
    run = rounds(tool("x"), loops={**NOTHING, "max_repeats": 2, "on_loop": "pause"})
    assert go_round(run) == 2
    assert told(run.log)[-2:] == ["plan loop_detected", "plan paused"]
    run.ask("resume")
    assert go_round(run) == 2
    assert run.state.plan.status == "paused"
    assert run.replayed().equal


def test_a_circle_is_a_reason_for_another_plan() -> None:
    loop = container("loop", "l", tool("x"), **{"while": "true"})
    loops = {**NOTHING, "max_repeats": 2, "on_loop": "replan"}
    run = ReplanRun(tool("a"), loop, settings={"loops": loops})
    run.succeed("a", 1)
    go_round(run)
    assert (run.begun.trigger, run.begun.step) == ("unexpected", "l")
    assert run.begun.analysis["code"] == "loop"
    run.plan(tool("a"), {**loop, "when": "false"}, tool("b", "a"))
    run.finish()
    assert run.result.success
    assert run.replayed().equal


@pytest.mark.parametrize("crash", [True, False])
def test_a_circle_that_closed_while_the_plan_paused_is_found_when_it_is_resumed(
    crash: bool,
) -> None:
    loops = {"max_repeats": None, "state_repeats": 1, "on_loop": "replan"}
    loop = container("loop", "l", tool("x"), **{"while": "index < 3"})
    run = CoreRun(loop, tool("z"), settings={"loops": loops, "replan": {}})
    run.succeed("l[0].x", 1)
    run.succeed("l[1].x", 1)
    run.ask("pause")
    run.succeed("l[2].x", 1)
    if crash:
        run.crash()
    events = told(run.ask("resume"))
    assert events[2:4] == ["plan loop_detected", "plan replan_begun"]
    begun = run.state.plan.replanning
    assert begun is not None
    assert begun.step == "l[2].x"
    assert run.replayed().equal


def test_a_circle_without_another_plan_fails_the_plan() -> None:
    loop = container("loop", "l", tool("x"), **{"while": "true"})
    loops = {**NOTHING, "max_repeats": 2, "on_loop": "replan"}
    run = ReplanRun(loop, settings={"loops": loops})
    go_round(run)
    run.no_plan()
    assert told(run.log)[-1] == "plan failed"
    assert run.state.plan.error.code == "loop"  # type: ignore[union-attr]


def test_replans_that_come_back_to_the_same_call_are_a_circle() -> None:
    run = ReplanRun(tool("a"), settings={"loops": {"max_repeats": 3}, "max_replans": 100})
    while run.running:
        run.fail("a")
        run.plan(strategy="retry", again=["a"])
    assert found(run.log).count == 4
    assert (run.result.reason, run.replayed().equal) == ("loop", True)


def test_what_was_seen_is_the_same_after_a_crash() -> None:
    loops = {"max_repeats": 30, "pattern_repeats": 20, "state_repeats": 20}
    run = rounds(tool("x"), tool("y"), loops={**loops, "max_spend_without_progress": 1000})
    for _turn in range(9):
        run.succeed(run.running[0], "same")
        again = restore(PLAN, run.log, run.compiled)
        assert seen(again.loop_memory) == seen(run.state.loop_memory)


def seen(memory: Any) -> dict[str, Any]:
    """Return all that a memory holds, its counts of calls as plain values."""
    held = dict(vars(memory))
    held["_calls"] = {key: (one.count, list(one.events)) for key, one in held["_calls"].items()}
    return held
