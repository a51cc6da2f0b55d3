"""Steps as they stand."""

import pytest

from milepost.domain.errors import ValidationError
from milepost.domain.events import (
    PlanCancelled,
    Question,
    SkipReason,
    StepSkipped,
    StepSuspended,
    Usage,
    Waiting,
)
from milepost.domain.steps import StepStatus
from milepost.projections.step_views import StepView, statuses_of, step_view
from milepost.projections.timings import timings

from .made import BEGINNING, Record, plan_of, tool_step


def view(record: Record, path: str) -> StepView:
    story = record.story
    (place,) = (place for place in story.places if place.path == path)
    return step_view(story, place, timings(story).get(place.path))


def test_a_completed_step_shows_what_went_in_and_what_came_out() -> None:
    spec = plan_of(
        tool_step("a", name="Load", description="all rows", input={"q": "${inputs.q}"}),
        tool_step("b", "a"),
    )
    record = Record(spec)
    record.begin()
    record.start("a", bindings={"/q": "select"})
    record.wait(2)
    record.complete("a", {"rows": 3}, usage=Usage(calls=1))
    shown = view(record, "a")
    assert (shown.label, shown.description, shown.tool) == ("Load", "all rows", "work")
    assert (shown.input, shown.bindings) == ({"q": "${inputs.q}"}, {"/q": "select"})
    assert (shown.output, shown.error, shown.usage.calls) == ({"rows": 3}, None, 1)
    assert (shown.status, shown.base, shown.attempt) == (StepStatus.COMPLETED, "done", 1)
    assert (shown.started_at, shown.ended_at) == (BEGINNING, record.now)
    assert shown.elapsed == shown.ran == record.now - BEGINNING
    assert view(record, "b").label == "b"
    assert view(record, "b").depends_on == ("a",)


def test_a_failed_step_keeps_its_error_and_a_waiting_one_its_question() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b")))
    record.begin()
    record.start("a")
    record.fail("a", code="timeout")
    record.start("b")
    question = Question(prompt="Go on?", answer_schema={"type": "boolean"})
    record.add(StepSuspended, "b", waiting=Waiting.PERSON, question=question)
    failed, asked = view(record, "a"), view(record, "b")
    assert failed.error is not None
    assert (failed.error.code, failed.base) == ("timeout", "failed")
    assert (asked.waiting, asked.question, asked.base) == (Waiting.PERSON, question, "waiting")


def test_a_skipped_step_says_why_and_one_that_never_started_says_that() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b")))
    record.begin()
    record.add(StepSkipped, "a", reason=SkipReason.CONDITION, detail="`x` does not hold")
    record.add(PlanCancelled)
    assert view(record, "a").reason == "`x` does not hold"
    assert view(record, "b").reason == "never started"
    assert view(record, "b").elapsed is None


@pytest.mark.parametrize(
    ("word", "statuses"),
    [
        ("completed", {"completed"}),
        ("Retrying", {"retrying"}),
        ("waiting", {"pending", "ready", "retrying", "suspended"}),
        ("running", {"running"}),
        ("done", {"completed", "undone", "skipped", "cancelled"}),
        ("undone", {"undone"}),
        ("failed", {"failed"}),
    ],
)
def test_a_filter_names_statuses_and_the_four_base_states(word: str, statuses: set[str]) -> None:
    assert statuses_of([word]) == statuses


def test_every_status_is_of_one_base_state() -> None:
    words = ["waiting", "running", "done", "failed"]
    found = [status for word in words for status in statuses_of([word])]
    assert sorted(found) == sorted([*StepStatus, "undone"])


def test_a_word_that_is_no_status_is_refused() -> None:
    with pytest.raises(ValidationError, match="did you mean `completed`"):
        statuses_of(["complete"])
