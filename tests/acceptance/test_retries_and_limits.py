"""Retries, timeouts and limits, on a clock that jumps: rows A6, A7, A18, A19, B12, L1, L2, O5."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from milepost import Completion, RetryPolicy, RetryStrategy, StepKind, StepStatus
from milepost.domain.events import LimitReached

from .workbench import Story, Workbench, carried_out, flow, step

SECOND = timedelta(seconds=1)
PROMPT = {"prompt": "q"}
FAILING_OF_EVERY_KIND: dict[str, dict[str, Any]] = {
    "tool_call": {"tool": "work", "input": {"fails": "x"}},
    "llm_call": {"prompt": "unanswerable"},
    "parallel": {"steps": [step("i", fails="x")]},
    "sequential": {"steps": [step("i", fails="x")]},
    "loop": {"count": 2, "steps": [step("i", fails="x")]},
    "branch": {"cases": [{"when": "true", "steps": [step("i", fails="x")]}]},
}


def attempts(story: Story, path: str) -> int:
    """Return how often a step was started."""
    return story.order("step.started").count(path)


def starts(story: Story, path: str) -> list[float]:
    """Return when a step's attempts began, in seconds of the plan."""
    found = [e for e in story.events if e.kind == "step.started.v1" and e.step == path]
    return [story.seconds(event) for event in found]


def test_a_step_follows_its_own_policy_and_the_others_the_plans() -> None:
    story = carried_out(
        flow(
            step("own", fails="x", retry={"max_attempts": 4, "initial_delay": "1s"}),
            step("plans", fails="x"),
            default_retry={"max_attempts": 2},
            stop_on_first_failure=False,
        )
    )

    assert attempts(story, "own") == 4
    assert attempts(story, "plans") == 2


def test_the_default_policy_makes_three_attempts_with_growing_delays() -> None:
    policy = RetryPolicy()
    assert (policy.max_attempts, policy.strategy) == (3, RetryStrategy.EXPONENTIAL)
    assert (policy.initial_delay, policy.max_delay) == (SECOND, 60 * SECOND)
    assert policy.retryable_errors == ()

    story = carried_out(flow(step("a", fails="x", retry={"jitter": False})))

    assert starts(story, "a") == [0, 1, 3]
    assert story["a"].status is StepStatus.FAILED


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("fixed", [0, 1, 2, 3]), ("linear", [0, 1, 3, 6]), ("exponential", [0, 1, 3, 6])],
)
def test_delays_follow_the_strategy_and_never_pass_the_longest(
    strategy: str, expected: list[float]
) -> None:
    policy = {"max_attempts": 4, "strategy": strategy, "max_delay": "3s", "jitter": False}
    story = carried_out(flow(step("a", fails="x", retry=policy)))

    assert starts(story, "a") == expected


@pytest.mark.parametrize(
    ("code", "codes", "tries"),
    [("busy", ["busy"], 3), ("other", ["busy"], 1), ("anything", [], 3)],
)
def test_only_listed_errors_are_tried_again_and_an_empty_list_lists_all(
    code: str, codes: list[str], tries: int
) -> None:
    story = carried_out(flow(step("a", fails=code, retry={"retryable_errors": codes})))

    assert attempts(story, "a") == tries


def test_a_flaky_step_succeeds_on_the_second_attempt_and_both_are_in_the_history() -> None:
    story = carried_out(flow(step("a", fails="x", times=1, gives=7, retry={})))

    assert story.result.final_output == 7
    assert story.kinds("a") == [
        *("step.started", "step.retrying", "step.started", "step.completed"),
    ]
    assert [bar.state for bar in story.timeline.lanes[0].bars if bar.phase == "run"] == [
        *("retrying", "completed"),
    ]
    assert story.report.retries == 1
    [retry] = [choice for choice in story.decisions if choice.what == "retry"]
    assert retry.inputs["code"] == "x"


@pytest.mark.parametrize("kind", FAILING_OF_EVERY_KIND)
def test_a_step_of_any_kind_that_can_fail_is_tried_again(kind: str) -> None:
    fields = {"id": "a", "type": kind, "retry": {"max_attempts": 2}}
    story = carried_out(
        flow(fields | FAILING_OF_EVERY_KIND[kind]), rules=[{"error": "the model is down"}]
    )

    assert attempts(story, "a") == 2
    assert story["a"].kind is StepKind(kind)
    assert story["a"].status is StepStatus.FAILED


def test_a_step_that_passes_its_timeout_fails_then_and_frees_its_slot() -> None:
    story = carried_out(
        flow(
            step("slow", takes=5, timeout="1s"),
            step("next"),
            max_parallel_steps=1,
            stop_on_first_failure=False,
        )
    )
    slow = story["slow"]

    assert slow.error is not None
    assert (slow.status, slow.error.kind) == (StepStatus.FAILED, "timeout")
    assert slow.elapsed == SECOND
    assert starts(story, "next") == [1]
    assert story["next"].status is StepStatus.COMPLETED


def test_timeouts_of_an_attempt_a_step_and_a_plan_are_each_honoured() -> None:
    attempt = carried_out(
        flow(step("a", takes=5, attempt_timeout="2s", retry={"jitter": False})),
    )
    assert starts(attempt, "a") == [0, 3, 7]
    assert attempt.result.duration == 9 * SECOND

    whole = carried_out(
        flow(step("a", takes=5, attempt_timeout="2s", timeout="4s", retry={"jitter": False}))
    )
    assert starts(whole, "a") == [0, 3]
    assert whole.result.duration == 4 * SECOND

    plan = carried_out(flow(step("a", takes=5), max_execution_time="3s"))
    assert plan.result.duration == 3 * SECOND
    assert plan.result.completion is Completion.TIMEOUT


def test_a_plan_out_of_time_ends_then_and_keeps_what_is_done() -> None:
    story = carried_out(
        flow(step("a", gives="kept"), step("b", "a", takes=10), max_execution_time="2s")
    )

    assert story.result.duration == 2 * SECOND
    assert (story.result.completion, story.result.reason) == ("timeout", "max_execution_time")
    assert story["a"].output == "kept"
    assert story["b"].status is StepStatus.CANCELLED


LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "max_steps": (flow(*[step(f"s{at}") for at in range(5)], max_steps=3), {"allowed": 3}),
    "max_execution_time": (
        flow(step("s", takes=60), max_execution_time="5s"),
        {"allowed": 5.0},
    ),
    "max_retries": (
        flow(step("s", fails="x", retry={"max_attempts": 9}), max_retries=2),
        {"allowed": 2},
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_that_is_reached_ends_the_plan_and_is_named(limit: str) -> None:
    workflow, expected = LIMITS[limit]
    story = carried_out(workflow)

    reached = story.event(LimitReached.kind.removesuffix(".v1")).data
    assert (reached["limit"], reached["allowed"]) == (limit, expected["allowed"])
    assert (story.result.status, story.result.reason) == ("failed", limit)
    assert limit in (story.result.error_message or "")


@pytest.mark.parametrize("limit", ["max_steps", "max_retries"])
def test_a_limit_may_pause_the_plan_instead(limit: str) -> None:
    workflow, _expected = LIMITS[limit]
    settings = workflow["settings"] | {"on_limit": "pause"}
    story = carried_out(workflow | {"settings": settings})

    assert story.result.status == "paused"
    assert limit in (story.plan.reason or "")


def test_an_attempt_that_is_tried_again_has_the_same_key() -> None:
    bench = Workbench()
    carried_out(flow(step("a", fails="x", times=2, retry={})), bench=bench)

    assert len(bench.keys) == 3
    assert len(set(bench.keys)) == 1
    assert bench.keys[0].endswith("/a/0")
