"""The decision log."""

from typing import Any

from milepost.domain.events import (
    DecisionRecorded,
    LimitReached,
    PlanPaused,
    PlanResumed,
    RequestAnswered,
    RequestMade,
    SkipReason,
    StepReset,
    StepSkipped,
    StepSuspended,
    Waiting,
)
from milepost.projections.decisions import Decision, decisions

from .made import PLAN, Record, plan_of, tool_step


def log(record: Record) -> list[Decision]:
    return list(decisions(record.stored))


def started(*steps: str) -> Record:
    record = Record(plan_of(*map(tool_step, steps)))
    record.begin()
    return record


def test_a_recorded_decision_is_given_in_full() -> None:
    record = started("a")
    event = record.add(
        DecisionRecorded,
        what="branch",
        chosen="load.output > 1",
        why="it is the first case that holds",
        step="a",
        inputs={"load.output > 1": True},
        alternatives=("else",),
    )
    (decision,) = log(record)
    assert (decision.event, decision.position, decision.time) == (event.id, 3, event.timestamp)
    assert (decision.what, decision.chosen, decision.step) == ("branch", "load.output > 1", "a")
    assert decision.inputs == {"load.output > 1": True}
    assert decision.alternatives == ("else",)


def test_retries_skips_limits_pauses_and_resets_are_decisions() -> None:
    record = started("a", "b")
    record.start("a")
    record.retry("a", 2, code="timeout")
    record.add(StepSkipped, "b", reason=SkipReason.BLOCKED, detail="step 'a' was failed")
    record.add(LimitReached, limit="max_steps", allowed=5, reached=6)
    record.add(PlanPaused, reason="limit", waiting=())
    record.add(PlanResumed, reason="go on")
    record.add(StepReset, "b", reason="container 'x' is tried again")
    found = log(record)
    assert [one.what for one in found] == ["retry", "skip", "limit", "pause", "resume", "reset"]
    for decision in found:
        assert decision.why
        assert decision.alternatives
    retry, skip, limit = found[:3]
    assert retry.inputs == {"error": "broken", "code": "timeout", "retryable": True}
    assert (retry.step, skip.step, limit.step) == ("a", "b", None)
    assert skip.inputs == {"reason": "blocked"}
    assert limit.inputs == {"allowed": 5, "reached": 6}


def test_asking_about_an_unknown_outcome_is_a_decision_a_planned_question_is_none() -> None:
    record = started("a", "b")
    record.start("a")
    record.add(StepSuspended, "a", waiting=Waiting.UNKNOWN)
    record.start("b")
    record.add(StepSuspended, "b", waiting=Waiting.PERSON)
    (decision,) = log(record)
    assert (decision.what, decision.chosen, decision.step) == ("unknown outcome", "ask", "a")


def test_the_answer_to_a_request_is_a_decision() -> None:
    record = started("a")
    request = record.add_to(f"{PLAN}!requests", RequestMade, command="pause", actor="ann")
    record.add(RequestAnswered, accepted=False, why="it has ended")
    (decision,) = log(record)
    assert (decision.what, decision.chosen, decision.why) == ("request", "refused", "it has ended")
    inputs: dict[str, Any] = {"request": request.id}
    assert decision.inputs == inputs
