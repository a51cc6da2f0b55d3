"""One plan in full, and its result."""

from datetime import timedelta

from milepost.domain.events import (
    ContextChanged,
    ErrorRecord,
    PlanFailed,
    PlanPaused,
    PlanResumed,
    SkipReason,
    StepCancelled,
    StepSkipped,
    Usage,
)
from milepost.domain.plans import Completion, PlanStatus
from milepost.domain.steps import StepKind
from milepost.projections.plan_views import plan_view
from milepost.projections.report import plan_report
from milepost.projections.views import as_json

from .made import BEGINNING, Record, container, plan_of, tool_step


def test_a_mixed_plan_has_counts_that_add_up() -> None:
    both = container("both", StepKind.PARALLEL, tool_step("x"), tool_step("y"))
    spec = plan_of(tool_step("a"), tool_step("b"), both, tool_step("c", "b"), tool_step("d", "c"))
    record = Record(spec)
    record.begin()
    record.run("a", 2, output=1)
    record.start("b")
    record.start("both")
    record.start("both.x")
    record.wait(1)
    record.fail("b")
    record.add(StepSkipped, "c", reason=SkipReason.BLOCKED, detail="step 'b' was failed")
    record.add(StepCancelled, "both.x", reason="stopped")
    record.add(StepCancelled, "both", reason="stopped")
    error = ErrorRecord(message="step 'b' failed: broken")
    record.add(PlanFailed, reason="error", error=error, missing=("b", "c"))
    view = plan_view(record.story)
    result = view.result
    assert (result.completed_steps, result.failed_steps) == (1, 1)
    assert (result.skipped_steps, result.cancelled_steps) == (3, 2)
    assert view.steps.total == 7
    assert (result.duration, result.error_message) == (timedelta(seconds=3), error.message)
    assert (result.status, result.completion) == (PlanStatus.FAILED, Completion.ERROR)
    assert (result.success, result.missing) == (False, ("b", "c"))


def test_the_final_output_is_of_the_step_named_or_of_all_of_them() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b")))
    record.begin()
    record.run("a", output={"n": 1})
    record.run("b", output="two")
    record.end("b")
    assert plan_view(record.story).result.final_output == "two"
    record = Record(plan_of(tool_step("a"), tool_step("b")))
    record.begin()
    record.run("a", output={"n": 1})
    record.run("b", output="two")
    record.end("a", "b")
    assert plan_view(record.story).result.final_output == {"a": {"n": 1}, "b": "two"}
    assert plan_view(record.story, {"a": 0, "b": 1}).result.final_output == {"a": 0, "b": 1}


def test_who_asked_for_it_and_what_it_was_given_is_shown() -> None:
    spec = plan_of(tool_step("a"), name="sales", description="Sell", version="2.0")
    record = Record(
        spec,
        version="2.0",
        workflow="sales@2.0",
        inputs={"region": "EU"},
        context={"seen": 0},
        session="s1",
        user="ann",
        tags=("blue", "green"),
        trace="00-1-2-01",
    )
    record.begin()
    record.run("a")
    record.add(ContextChanged, changes={"seen": 1}, step="a")
    view = plan_view(record.story)
    assert (view.name, view.description, view.version) == ("sales", "Sell", "2.0")
    assert (view.workflow, view.session, view.user) == ("sales@2.0", "s1", "ann")
    assert (view.tags, view.trace) == (("blue", "green"), "00-1-2-01")
    assert (view.inputs, view.context) == ({"region": "EU"}, {"seen": 1})
    assert (view.created_at, view.started_at, view.ended_at) == (BEGINNING, BEGINNING, None)
    assert (view.strategy, view.revision, view.position) == ("dag", 1, 5)
    assert view.spec == spec


def test_a_paused_plan_says_why_and_whom_it_waits_for() -> None:
    record = Record(plan_of(tool_step("a")))
    record.begin()
    record.add(PlanPaused, reason="waiting for an answer", waiting=("a",))
    view = plan_view(record.story)
    assert (view.status, view.reason) == (PlanStatus.PAUSED, "waiting for an answer")
    assert view.waiting_for == ("a",)


def test_a_plan_that_goes_on_no_longer_says_why_it_was_paused() -> None:
    record = Record(plan_of(tool_step("a")))
    record.begin()
    record.add(PlanPaused, reason="look")
    record.add(PlanResumed)
    view = plan_view(record.story)
    assert (view.status, view.reason, view.result.reason) == (PlanStatus.RUNNING, None, None)
    record.end()
    assert plan_view(record.story).reason == "all_done"


def test_the_estimate_stands_beside_the_actual_duration() -> None:
    chain = container(
        "chain",
        StepKind.SEQUENTIAL,
        tool_step("x", estimated_duration="2s"),
        tool_step("y", estimated_duration="3s"),
    )
    spec = plan_of(
        tool_step("a", estimated_duration="1s"), chain, tool_step("b", "a", estimated_duration="1s")
    )
    record = Record(spec)
    record.begin()
    record.wait(9)
    record.end()
    view = plan_view(record.story)
    assert view.estimated_duration == timedelta(seconds=5)
    assert view.actual_duration == timedelta(seconds=9)
    written = plan_of(tool_step("a"), estimated_duration="1m")
    assert plan_view(Record(written).story).estimated_duration == timedelta(minutes=1)
    assert plan_view(Record(plan_of(tool_step("a"))).story).estimated_duration is None


def test_totals_of_the_report_are_sums_over_the_steps() -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b", "a")))
    record.begin()
    record.start("a")
    record.wait(1)
    record.retry("a", 4)
    record.wait(4)
    record.start("a", attempt=2)
    record.wait(1)
    record.complete("a", usage=Usage(calls=2, input_tokens=10, output_tokens=5, cpu=0.25))
    record.start("b")
    record.wait(4)
    record.complete("b", usage=Usage(calls=1, cpu=0.5))
    record.end()
    report = plan_report(record.story)
    assert (report.total, report.waited, report.ran) == (
        timedelta(seconds=10),
        timedelta(seconds=4),
        timedelta(seconds=6),
    )
    assert (report.throughput, report.retries) == (0.2, 1)
    assert report.usage == Usage(calls=3, input_tokens=10, output_tokens=5, cpu=0.75)
    assert [(one.path, one.attempts) for one in report.steps] == [("a", 2), ("b", 1)]
    for name in ("calls", "input_tokens", "output_tokens", "cpu"):
        total = sum(getattr(one.usage, name) for one in report.steps)
        assert total == getattr(report.usage, name)
    assert plan_view(record.story).usage == report.usage


def test_a_view_becomes_json_with_the_keys_of_the_workflow_language() -> None:
    loop = container("each", StepKind.LOOP, tool_step("x"), **{"while": "index < 2"})
    shown = as_json(plan_view(Record(plan_of(loop)).story))
    assert isinstance(shown, dict)
    assert shown["created_at"] == "2026-01-01T00:00:00Z"
    assert shown["spec"]["steps"][0]["while"] == "index < 2"
