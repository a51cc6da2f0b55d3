"""Every kind of step does what its name says: rows A11, G6, G7, H12, H15 to H17, H19, H20, W4."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from milepost import Milepost, StepKind, StepStatus

from .workbench import Story, carried_out, flow, step, told, virtually

ANSWER = [{"answer": "forty two"}]


async def answered(opened: Milepost, workflow: Any, path: str, value: Any) -> Story:
    """Run a workflow that asks, answer it, and return what came of it."""
    paused = await opened.run(workflow)
    assert (paused.status, paused.waiting) == ("paused", (path,))
    await opened.answer(paused.plan_id, path, value=value, who="ada")
    return await told(opened, await opened.wait(paused.plan_id))


def test_a_tool_call_calls_the_tool() -> None:
    story = carried_out(flow(step("a", gives=5, takes=1)))

    assert story["a"].kind is StepKind.TOOL_CALL
    assert story.kinds("a") == ["step.started", "step.completed"]
    assert (story["a"].output, story["a"].usage.calls) == (5, 1)


def test_a_model_call_asks_the_model_and_counts_its_tokens() -> None:
    story = carried_out(flow({"id": "a", "type": "llm", "prompt": "what is it"}), rules=ANSWER)

    assert story["a"].kind is StepKind.LLM_CALL
    assert story["a"].output == "forty two"
    assert (story["a"].usage.input_tokens, story["a"].usage.output_tokens) == (3, 2)


@pytest.mark.parametrize(
    ("amount", "taken", "passed_over"), [(7, "large", "small"), (3, "small", "large")]
)
def test_a_branch_runs_the_case_that_holds_and_skips_the_other_with_the_reason(
    amount: int, taken: str, passed_over: str
) -> None:
    story = carried_out(
        flow(
            step("a", gives=amount),
            {
                "id": "choose",
                "type": "branch",
                "cases": [
                    {"when": "a.output > 5", "steps": [step("large", gives="L")]},
                    {"else": True, "steps": [step("small", gives="S")]},
                ],
            },
        )
    )
    paths = {"large": "choose[0].large", "small": "choose[1].small"}

    assert story[paths[taken]].status is StepStatus.COMPLETED
    assert story[paths[passed_over]].status is StepStatus.SKIPPED
    assert "was not taken" in (story[paths[passed_over]].reason or "")
    assert story["choose"].output == {"large": "L", "small": "S"}[taken]
    [choice] = [made for made in story.decisions if made.what == "branch"]
    assert choice.step == "choose"
    assert choice.inputs["a.output > 5"] is (amount > 5)
    assert len(choice.alternatives) == 1


def parallel(mode: str, **more: Any) -> dict[str, Any]:
    children = [
        step("quick", takes=1, gives="q"),
        step("broken", takes=2, fails="x"),
        step("slow", takes=3, gives="s"),
    ]
    return {"id": "p", "type": "parallel", "mode": mode, "steps": children, **more}


@pytest.mark.parametrize(
    ("mode", "status", "seconds", "slow"),
    [
        ("all", StepStatus.FAILED, 3, StepStatus.COMPLETED),
        ("first_success", StepStatus.COMPLETED, 1, StepStatus.CANCELLED),
        ("stop_on_failure", StepStatus.FAILED, 2, StepStatus.CANCELLED),
    ],
)
def test_a_parallel_step_ends_by_its_mode(
    mode: str, status: StepStatus, seconds: int, slow: StepStatus
) -> None:
    story = carried_out(flow(parallel(mode), stop_on_first_failure=False))

    assert story["p"].status is status
    assert story["p"].elapsed == timedelta(seconds=seconds)
    assert story["p.slow"].status is slow
    assert story.timeline.most_at_once == 3
    assert story.plan.spec.steps[0].mode == mode


def test_a_failure_of_a_child_reaches_the_parent_with_its_causes() -> None:
    inner = {"id": "inner", "type": "sequential", "steps": [step("deep", fails="broken")]}
    story = carried_out(flow({"id": "outer", "type": "sequential", "steps": [inner]}))
    error = story["outer"].error

    assert error is not None
    chain = [error.step]
    while error.cause is not None:
        error = error.cause
        chain.append(error.step)
    assert [name for name in chain if name] == ["outer.inner", "outer.inner.deep"]
    assert (error.code, error.message) == ("broken", "outer.inner.deep cannot")
    assert story.result.error_message is not None
    assert "outer.inner.deep cannot" in story.result.error_message


def test_the_recovery_policy_of_a_parent_is_applied_when_a_child_fails() -> None:
    story = carried_out(
        flow(
            {
                "id": "p",
                "type": "sequential",
                "retry": {"max_attempts": 2},
                "steps": [step("a", gives=1), step("b", fails="x", times=1, gives=2)],
            }
        )
    )

    assert story.result.success
    assert story.order("step.started") == ["p", "p.a", "p.b", "p", "p.a", "p.b"]


def test_sequential_steps_run_in_order_as_children() -> None:
    story = carried_out(
        flow(
            {
                "id": "s",
                "type": "sequential",
                "steps": [step("a", takes=1, gives=1), step("b", takes=1, gives=2)],
            }
        )
    )

    assert story.order("step.started") == ["s", "s.a", "s.b"]
    assert story["s"].elapsed == timedelta(seconds=2)
    assert [(lane.path, lane.depth) for lane in story.timeline.lanes] == [
        *(("s", 0), ("s.a", 1), ("s.b", 1)),
    ]


LOOPS = {
    "for_each": ({"for_each": [3, 5, 8]}, [3, 5, 8]),
    "count": ({"count": 3}, [0, 1, 2]),
    "while": ({"while": "index < 2"}, [0, 1]),
    "until": ({"until": "previous >= 1"}, [0, 1]),
}


@pytest.mark.parametrize("way", LOOPS)
def test_a_loop_goes_round_as_it_is_told_each_time_with_a_history_of_its_own(way: str) -> None:
    fields, expected = LOOPS[way]
    given = "${item}" if way == "for_each" else "${index}"
    story = carried_out(
        flow({"id": "each", "type": "loop", "steps": [step("i", gives=given)], **fields})
    )

    assert story["each"].output == expected
    for at in range(len(expected)):
        assert story.kinds(f"each[{at}].i") == ["step.started", "step.completed"]
    [stop] = [made for made in story.decisions if made.what == "loop"]
    assert stop.inputs == {"iterations": len(expected)}


@pytest.mark.parametrize(
    "fields",
    [{"while": "true"}, {"until": "false"}, {"count": 9}, {"for_each": list(range(9))}],
    ids=["while", "until", "count", "for_each"],
)
def test_a_loop_has_a_hard_limit(fields: dict[str, Any]) -> None:
    story = carried_out(
        flow({"id": "l", "type": "loop", "max_iterations": 4, "steps": [step("i")], **fields})
    )

    assert len(story.order("step.completed")) == 4
    assert story["l"].error is not None
    assert (story["l"].status, story["l"].error.code) == (StepStatus.FAILED, "max_iterations")


def test_an_hours_wait_takes_no_time_on_a_clock_that_jumps_and_an_hour_in_the_history() -> None:
    story = carried_out(flow({"id": "w", "type": "wait", "for": "1h"}, step("after", "w")))

    suspended = story.event("step.suspended", "w")
    assert suspended.data["waiting"] == "time"
    completed = story.event("step.completed", "w")
    assert completed.time - suspended.time == timedelta(hours=1)
    assert story["after"].started_at == completed.time


def test_a_question_pauses_the_plan_until_the_answer_fits_its_schema() -> None:
    workflow = flow(
        {"id": "ask", "type": "user_input", "prompt": "How many?", "schema": {"type": "integer"}},
        step("b", gives="${ask.output}"),
    )

    async def script(opened: Milepost) -> None:
        story = await answered(opened, workflow, "ask", 4)
        assert story["b"].output == 4
        assert story.kinds("ask") == [
            "step.started",
            "step.suspended",
            "request.made",
            "step.completed",
        ]
        assert story.event("request.made").actor == "ada"

    virtually(script)


def test_children_without_an_id_run_under_generated_ids_and_may_have_a_text_as_input() -> None:
    story = carried_out(
        flow(
            step("a", gives=["x", "y"]),
            {
                "id": "visualize",
                "type": "parallel",
                "steps": [
                    {"tool": "work", "input": {"gives": "chart"}},
                    {"type": "llm", "input": "Say ${a.output[1]}"},
                ],
            },
        ),
        rules=[{"contains": "Say y", "answer": "why"}],
    )

    assert story["visualize.1"].output == "chart"
    assert story["visualize.2"].output == "why"
    assert story["visualize"].output == {"1": "chart", "2": "why"}


def test_every_kind_has_its_sample_here() -> None:
    """A kind that is added needs a test above: this one names those that have one."""
    shown = {
        *("tool_call", "llm_call", "branch", "parallel", "sequential", "loop", "wait"),
        *("user_input", "response"),
    }
    assert {kind.value for kind in StepKind} == shown
