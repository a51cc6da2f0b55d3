"""Pause, resume and cancel as the core decides them: once each, whatever the state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.events import RequestAnswered

from .core_run import CoreRun, container, told, tool


def test_pausing_lets_what_runs_end_and_starts_nothing() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c"), settings={"max_parallel_steps": 1})
    events = run.ask("pause", why="lunch", actor="ann")
    assert told(events) == ["plan paused", "plan request_answered"]
    assert (events[0].actor, events[0].data()) == ("ann", {"reason": "lunch"})
    assert told(run.succeed("a")) == ["completed a"]
    assert told(run.ask("resume")) == ["plan resumed", "plan request_answered", "started b"]


def test_containers_do_not_go_on_while_the_plan_is_paused() -> None:
    run = CoreRun(container("loop", "l", tool("x"), for_each=[1, 2]), tool("y", "l"))
    run.ask("pause")
    run.succeed("l[0].x")
    assert run.running == []
    run.ask("resume")
    assert run.running == ["l[1].x"]


def test_a_wait_may_end_while_the_plan_is_paused_and_its_dependents_wait_on() -> None:
    waiting = {"id": "w", "kind": "wait", "input": {}, "wait_for": 5}
    run = CoreRun(waiting, tool("a", "w"))
    run.ask("pause")
    assert told(run.wait(10)) == ["completed w"]
    assert told(run.ask("resume"))[-1] == "started a"


def test_a_plan_whose_last_step_ends_while_it_is_paused_has_ended() -> None:
    run = CoreRun(tool("a"))
    run.ask("pause")
    assert told(run.succeed("a")) == ["completed a", "plan completed"]


def test_cancelling_stops_everything_newest_first() -> None:
    run = CoreRun(container("parallel", "p", tool("x")), tool("a"), tool("b", "a"))
    events = run.ask("cancel", why="enough", actor="ann")
    assert told(events) == [
        "cancelled a",
        "cancelled p.x",
        "cancelled p",
        "plan cancelled",
        "plan request_answered",
    ]
    assert {event.actor for event in events[:4]} == {"ann"}
    assert run.result.reason == "enough"


@pytest.mark.parametrize(
    ("before", "command", "why"),
    [
        ([], "resume", "cannot resume a plan that is running"),
        (["pause"], "pause", "cannot pause a plan that is paused"),
        (["cancel"], "pause", "cannot pause a plan that is cancelled"),
        (["cancel"], "resume", "cannot resume a plan that is cancelled"),
        (["cancel"], "cancel", "cannot cancel a plan that is cancelled"),
        ([], "explode", "there is no command 'explode'"),
    ],
)
def test_what_the_state_does_not_allow_is_refused_with_the_reason(
    before: list[str], command: str, why: str
) -> None:
    run = CoreRun(tool("a"))
    for earlier in before:
        run.ask(earlier)
    [answered] = run.ask(command)
    assert isinstance(answered, RequestAnswered)
    assert (answered.accepted, answered.why) == (False, why)


def test_a_plan_that_waits_for_an_answer_cannot_just_be_resumed() -> None:
    run = CoreRun({"id": "q", "kind": "user_input", "input": {"prompt": "?"}})
    [answered] = run.ask("resume")
    assert answered.data()["why"] == "the plan waits for an answer to q"


@given(
    st.lists(
        st.sampled_from(["pause", "resume", "cancel", "succeed", "fail", "tick", "crash"]),
        max_size=25,
    )
)
def test_any_sequence_of_commands_is_answered_once_each_and_replays(moves: list[str]) -> None:
    again = {"max_attempts": 2, "initial_delay": 1, "jitter": False}
    row = container("sequential", "s", tool("x", retry=again), tool("y"))
    waiting = {"id": "w", "kind": "wait", "input": {}, "wait_for": 2, "depends_on": ["a"]}
    run = CoreRun(tool("a"), row, waiting, tool("b", "w", "s"))
    for move in moves:
        if move in ("pause", "resume", "cancel"):
            run.ask(move)
        elif move == "crash" and not run.state.plan.ended:
            run.crash()
        elif move == "tick" and not run.state.plan.ended:
            run.wait(1)
        elif move in ("succeed", "fail") and run.running:
            getattr(run, move)(run.running[0])
    made = [event.id for event in run.log if event.kind == "request.made.v1"]
    answers = [event.cause for event in run.log if isinstance(event, RequestAnswered)]
    assert answers == made
    assert run.replayed().difference is None
