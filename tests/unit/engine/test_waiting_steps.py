"""Steps that wait for a time or a person, and the step that answers."""

from datetime import timedelta

import pytest

from milepost.domain.plans import PlanStatus

from .core_run import BEGINNING, CoreRun, told, tool

QUESTION: dict[str, object] = {
    "id": "q",
    "kind": "user_input",
    "input": {"prompt": "Go?", "assignee": "ann"},
}


def wait(**fields: object) -> dict[str, object]:
    return {"id": "w", "kind": "wait", "input": {}, **fields}


def test_a_wait_ends_at_its_time_and_takes_no_slot() -> None:
    run = CoreRun(wait(wait_for="1h"), tool("a"), settings={"max_parallel_steps": 1})
    assert run.running == ["a"]
    assert run.wait(3599) == []
    assert told(run.wait(1)) == ["completed w"]
    suspended = next(event for event in run.log if event.kind == "step.suspended.v1")
    assert suspended.data() == {"waiting": "time", "due": "2026-01-01T01:00:00Z"}
    assert run.log[-1].timestamp - suspended.timestamp == timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ({"wait_for": "${inputs.time}"}, 90),
        ({"wait_until": "2026-01-01T00:01:30Z"}, 90),
        ({"wait_until": "${inputs.moment}"}, 90),
        ({"wait_until": "2025-01-01T00:00:00Z"}, 0),
    ],
)
def test_a_wait_may_be_computed_or_name_a_moment(
    written: dict[str, object], seconds: float
) -> None:
    inputs = {"time": "1m30s", "moment": "2026-01-01T01:01:30+01:00"}
    run = CoreRun(wait(**written), inputs=inputs)
    run.wait_for_timer()
    assert run.now == BEGINNING + timedelta(seconds=seconds)
    assert run.result.status == "completed"


@pytest.mark.parametrize("time", ["soon", -5, None, [1]])
def test_a_time_that_cannot_be_read_fails_the_step(time: object) -> None:
    run = CoreRun(wait(wait_for="${inputs.time}"), inputs={"time": time})  # type: ignore[dict-item]
    assert told(run.log)[-2:] == ["failed w", "plan failed"]


def test_a_question_suspends_its_step_and_pauses_the_plan_when_nothing_else_goes_on() -> None:
    run = CoreRun(QUESTION, tool("a"))
    asked = next(event for event in run.log if event.kind == "step.suspended.v1")
    assert asked.data() == {
        "waiting": "person",
        "question": {"prompt": "Go?", "assignee": "ann"},
    }
    assert run.state.plan.status == PlanStatus.RUNNING
    run.succeed("a")
    assert told(run.log)[-1] == "plan paused"
    assert run.log[-1].data() == {"reason": "waiting for an answer", "waiting": ["q"]}


def test_an_answer_resumes_the_plan_and_is_the_steps_output() -> None:
    run = CoreRun(QUESTION, tool("a", input={"said": "${q.output}"}))
    events = run.ask("answer", step="q", value="yes", actor="bob")
    assert told(events) == [
        "plan resumed",
        "completed q",
        "plan request_answered",
        "started a",
    ]
    assert [event.actor for event in events] == ["bob", "bob", "engine", "engine"]
    assert run.state.instances["a"].input == {"said": "yes"}  # type: ignore[index]


def test_a_question_stays_open_over_a_crash() -> None:
    run = CoreRun(QUESTION)
    run.crash()
    assert (run.state.plan.status, list(run.state.asking)) == ("paused", ["q"])
    run.ask("answer", step="q", value=1)
    assert run.result.final_output == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"step": "a", "value": 1}, "does not wait for an answer"),
        ({"step": "nowhere", "value": 1}, "does not wait for an answer"),
        ({}, "does not wait for an answer"),
        ({"step": "q", "outcome": "retry"}, "asks for a value, not for 'retry'"),
    ],
)
def test_an_answer_that_fits_no_question_is_refused(arguments: dict[str, str], why: str) -> None:
    run = CoreRun(QUESTION, tool("a"))
    [answered] = run.ask("answer", **arguments)
    assert answered.data()["accepted"] is False
    assert why in answered.data()["why"]
    assert run.statuses["q"] == "suspended"


def test_an_answer_whose_value_does_not_fit_is_refused_with_the_problem() -> None:
    run = CoreRun(QUESTION)
    [answered] = run.ask("answer", step="q", value="no", problem="must be true or false")
    assert answered.data() == {"accepted": False, "why": "must be true or false"}


def test_a_question_that_is_not_answered_in_time_fails_and_the_plan_goes_on() -> None:
    timed: dict[str, object] = {**QUESTION, "timeout": "1m"}
    after = tool("b", {"step": "q", "settle": "any"})
    run = CoreRun(timed, after, settings={"stop_on_first_failure": False})
    assert run.state.plan.status == PlanStatus.PAUSED
    assert told(run.wait(60)) == ["failed q", "plan resumed", "started b"]
    assert run.log[-3].data()["error"]["kind"] == "timeout"
    [answered] = run.ask("answer", step="q", value=1)
    assert answered.data()["accepted"] is False


def test_a_response_ends_the_plan_and_stops_what_still_runs() -> None:
    answer = {"id": "r", "kind": "response", "input": {"text": "hello ${a.output}"}}
    run = CoreRun(tool("a"), tool("slow"), answer)
    run.succeed("a", "world")
    assert told(run.log)[-4:] == [
        "started r",
        "completed r",
        "cancelled slow",
        "plan completed",
    ]
    assert run.log[-1].data() == {"reason": "response", "output_of": ["r"]}
    assert run.result.final_output == "hello world"


def test_a_response_may_be_an_object() -> None:
    answer = {"id": "r", "kind": "response", "input": {"n": "${a.output}", "unit": "m"}}
    run = CoreRun(tool("a"), answer)
    run.succeed("a", 3)
    assert run.result.final_output == {"n": 3, "unit": "m"}
