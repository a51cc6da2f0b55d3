"""A plan, its settings and its ends: rows B1 to B7, B9 to B17, J1, J2, K4, T1."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pydantic
import pytest

import milepost
from milepost import Completion, Milepost, PlanBuilder, PlanSettings, PlanStatus, StepStatus

from .workbench import carried_out, flow, opened_in, step, told, virtually

FAILING = flow(
    step("good", gives="kept"),
    step("bad", fails="x"),
    step("after", "bad"),
    step("unrelated", "good", takes=2, gives="done"),
    scheduling="dag",
)


@pytest.mark.parametrize("missing", ["id", "type", "steps"])
def test_a_plan_needs_an_id_a_type_and_steps(missing: str) -> None:
    fields = {"id": "p", "type": "fixed", "steps": [{"id": "a", "kind": "response", "input": {}}]}
    del fields[missing]

    with pytest.raises(pydantic.ValidationError, match=missing):
        milepost.Plan.model_validate(fields)


async def test_a_plan_is_found_by_its_name(tmp_path: Path) -> None:
    async with opened_in(tmp_path) as opened:
        await opened.run(flow(step("a"), name="monthly sales", description="Sums it up"))
        await opened.run(flow(step("a"), name="other"))
        by_name = (await opened.plans(name="monthly sales")).items
        by_part = (await opened.plans(text="SALES")).items
        view = await opened.plan(by_name[0].id)

    assert [plan.name for plan in by_name] == [plan.name for plan in by_part] == ["monthly sales"]
    assert view.description == "Sums it up"


@pytest.mark.parametrize(("given", "shown"), [({}, "1.0.0"), ({"version": "2.1"}, "2.1")])
def test_a_version_is_kept_and_is_1_0_0_where_none_is_given(
    given: dict[str, str], shown: str
) -> None:
    assert carried_out(flow(step("a"), **given)).plan.version == shown


def test_the_context_of_a_plan_is_read_by_its_steps() -> None:
    story = carried_out(
        flow(step("a", gives="${context.region}"), context={"region": "EU", "n": 1})
    )

    assert story["a"].output == "EU"
    assert story.event("plan.drafted").data["context"] == {"region": "EU", "n": 1}
    assert story.plan.context == {"region": "EU", "n": 1}


def test_a_shown_plan_has_its_id_steps_context_status_and_time_of_creation(
    command: Any, write: Any
) -> None:
    before = datetime.now(UTC)
    run = command(
        *("run", write("context: {a: 1}\nsteps:\n  - {id: s, type: response, text: x}\n")),
        "--json",
    )
    shown = command("show", "last", "--json").json

    assert shown["id"] == run.json["plan_id"]
    assert [made["id"] for made in shown["spec"]["steps"]] == ["s"]
    assert shown["context"] == {"a": 1}
    assert shown["status"] == "completed"
    created = datetime.fromisoformat(shown["created_at"])
    assert created.utcoffset() == timedelta()
    assert before - timedelta(milliseconds=1) <= created <= datetime.now(UTC)


def test_an_estimate_stands_beside_the_actual_duration() -> None:
    written = carried_out(flow(step("a", takes=3), estimated_duration="5s")).plan
    assert written.estimated_duration == timedelta(seconds=5)
    assert written.actual_duration == timedelta(seconds=3)

    computed = carried_out(
        flow(
            step("a", takes=3, estimated_duration="4s"),
            step("b", "a", estimated_duration="2s"),
            step("c", estimated_duration="1s"),
        )
    ).plan
    assert computed.estimated_duration == timedelta(seconds=6)


def test_a_plan_reaches_every_status() -> None:
    seen: set[PlanStatus] = set()

    async def script(opened: Milepost) -> None:
        async def look(plan: str, as_of: int | None = None) -> None:
            seen.add((await opened.plan(plan, as_of=as_of)).status)

        plan = await opened.start(flow(step("a", takes=5), step("b", "a", takes=5)))
        await look(plan, as_of=1)
        await look(plan)
        await anyio.sleep(1)
        await opened.pause(plan)
        await look(plan)
        assert (await opened.wait(plan)).status is PlanStatus.PAUSED
        await anyio.sleep(60)
        assert (await opened.step(plan, "a")).status is StepStatus.COMPLETED
        assert (await opened.step(plan, "b")).started_at is None
        [result] = await opened.resume(plan)
        assert result.completed_steps == 2
        await look(plan)
        await look((await opened.run(FAILING)).plan_id)
        other = await opened.start(flow(step("a", takes=60)))
        await opened.cancel(other, why="no longer needed")
        await look(other)

    virtually(script)
    assert seen == set(PlanStatus)


def test_the_settings_have_the_defaults_of_the_requirements() -> None:
    settings = carried_out(flow(step("a"))).plan.spec.settings

    assert settings == PlanSettings()
    assert (settings.max_parallel_steps, settings.stop_on_first_failure) == (5, True)
    assert (settings.max_execution_time, settings.log_level) == (None, "information")


@pytest.mark.parametrize("stop", [True, False])
def test_a_failure_stops_the_plan_or_only_what_depends_on_it(*, stop: bool) -> None:
    story = carried_out(FAILING | {"settings": {"stop_on_first_failure": stop}})

    assert story["bad"].status is StepStatus.FAILED
    assert story["after"].status is StepStatus.SKIPPED
    assert story["good"].output == "kept"
    unrelated = StepStatus.CANCELLED if stop else StepStatus.COMPLETED
    assert story["unrelated"].status is unrelated
    assert story.result.status == ("failed" if stop else "completed")


@pytest.mark.parametrize("stop", [True, False])
def test_the_counts_of_a_result_add_up_and_match_the_history(*, stop: bool) -> None:
    story = carried_out(FAILING | {"settings": {"stop_on_first_failure": stop}})
    result = story.result
    counts = (
        *(result.completed_steps, result.failed_steps),
        *(result.skipped_steps, result.cancelled_steps),
    )

    assert sum(counts) == 4
    assert result.completed_steps == len(story.order("step.completed"))
    assert result.failed_steps == len(story.order("step.failed"))
    assert result.cancelled_steps == len(story.order("step.cancelled"))
    assert result.duration == story.plan.actual_duration
    assert result.success is False
    assert result.final_output == (None if stop else "done")
    assert ("bad cannot" in (result.error_message or "")) is stop


LEVELS = ("trace", "debug", "information", "warning", "error", "critical")
LOGGED = """
settings: {{log_level: {level}, stop_on_first_failure: false}}
steps:
  - {{id: a, tool: calc.evaluate, input: {{expression: 1 + 1}}}}
  - {{id: b, tool: file.read, input: {{path: none}},
      retry: {{max_attempts: 2, initial_delay: 1ms}}}}
"""


@pytest.mark.parametrize("level", LEVELS)
def test_only_lines_at_or_above_the_level_of_a_plan_are_in_its_log(
    command: Any, write: Any, level: str
) -> None:
    command("run", write(LOGGED.format(level=level)))
    lines = command("log", "last", "--json").json_lines
    everything = command("log", "last", "--level", "trace", "--json").json_lines

    shown = {line["level"] for line in lines}
    there = {line["level"] for line in everything}
    assert shown == {word for word in there if LEVELS.index(word) >= LEVELS.index(level)}


ENDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "all_done": (flow(step("a"), step("b", "a")), "completed", "success"),
    "response": (flow({"id": "r", "type": "response", "text": "x"}), "completed", "success"),
    "flag": (flow(step("a", final=True), step("b", "a")), "completed", "success"),
    "error": (flow(step("a", fails="x")), "failed", "error"),
}


@pytest.mark.parametrize("reason", ENDS)
def test_a_plan_ends_for_one_of_four_reasons_and_names_it(reason: str) -> None:
    workflow, status, completion = ENDS[reason]
    story = carried_out(workflow)

    assert (story.result.reason, story.plan.reason) == (reason, reason)
    assert (story.result.status, story.result.completion) == (status, completion)


COMPLETIONS = {
    Completion.SUCCESS: (flow(step("a")), ()),
    Completion.PARTIAL: (
        flow(step("a"), step("b", fails="x"), step("c", "b"), stop_on_first_failure=False),
        ("b", "c"),
    ),
    Completion.ERROR: (flow(step("a", fails="x")), ("a",)),
    Completion.TIMEOUT: (flow(step("a", takes=9), max_execution_time="1s"), ("a",)),
}


@pytest.mark.parametrize("completion", Completion)
def test_a_plan_comes_to_one_of_four_completions_and_lists_what_is_missing(
    completion: Completion,
) -> None:
    workflow, missing = COMPLETIONS[completion]
    story = carried_out(workflow)

    assert story.result.completion is completion
    assert story.result.missing == missing


def test_what_was_done_before_a_failure_can_be_read_after_it() -> None:
    story = carried_out(flow(step("a", gives={"rows": 3}), step("b", "a", fails="x")))

    assert story.result.status == "failed"
    assert story["a"].output == {"rows": 3}


def test_one_face_starts_pauses_resumes_cancels_and_waits() -> None:
    async def script(opened: Milepost) -> None:
        plan = await opened.start(flow(step("a", takes=2), step("b", "a", takes=2)))
        await opened.pause(plan, why="lunch", who="ada")
        assert (await opened.wait(plan)).status is PlanStatus.PAUSED
        [done] = await opened.resume(plan)
        assert done.success
        story = await told(opened, done)
        paused = story.event("plan.paused")
        assert (paused.actor, paused.data["reason"]) == ("ada", "lunch")
        other = await opened.start(flow(step("a", takes=60)))
        await opened.cancel(other)
        assert (await opened.wait(other)).status is PlanStatus.CANCELLED

    virtually(script)


def test_a_built_plan_keeps_its_id_and_says_when_it_was_made() -> None:
    plan = PlanBuilder().with_id("mine").add_tool_step("work", {"gives": 1}).build()
    story = carried_out(plan)

    assert story.plan.id == "mine"
    assert plan.created_at.tzinfo is not None
    assert datetime.now(UTC) - plan.created_at < timedelta(minutes=1)
