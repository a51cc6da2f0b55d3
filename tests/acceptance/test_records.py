"""What is kept of a run and how it is read: rows H9, H10, I2, J3, J7, J9, K6, Q1 to Q6, Y1."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pydantic
import pytest
from jsonschema import Draft202012Validator

import milepost
from milepost import IllegalTransitionError, Milepost, StepStatus
from milepost.domain.events import EVENT_TYPES, Impact, StepStarted
from milepost.projections.views import as_json

from .workbench import Workbench, carried_out, flow, opened_in, step, told, virtually

MIXED = flow(
    step("a", gives={"n": 2}, set={"total": "${a.output.n}"}),
    step("b", "a", input={"gives": "${a.output.n + context.total}"}, set={"total": "${b.output}"}),
    step("c", "b", fails="x", times=1, retry={"max_attempts": 2, "initial_delay": "1ms"}),
    {
        "id": "choose",
        "type": "branch",
        "cases": [{"when": "b.output > 3", "steps": [step("yes")]}],
    },
    {"id": "each", "type": "loop", "count": 2, "steps": [step("i", takes=0.001)]},
    step("d", fails="broken"),
    context={"total": 0},
    stop_on_first_failure=False,
)


def open_files() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_a_step_reads_the_output_of_another_and_the_context_gathers_results() -> None:
    story = carried_out(MIXED)

    assert story["b"].output == 4
    assert story["b"].bindings == {"/gives": 4}
    assert story.plan.context == {"total": 4}
    changes = [e.data["changes"] for e in story.events if e.kind == "plan.context_changed.v1"]
    assert changes == [{"total": 2}, {"total": 4}]


def test_the_status_at_any_moment_is_the_fold_of_the_events_until_then() -> None:
    async def script(opened: Milepost) -> None:
        story = await told(opened, await opened.run(MIXED))
        folded: dict[str, str] = {}
        ends = {"started": "running", "retrying": "retrying"}
        for event in story.events:
            _family, word, _version = event.kind.split(".")
            if event.step is not None and event.kind.startswith("step."):
                folded[event.step] = ends.get(word, word)
            then = await opened.steps(story.plan.id, as_of=event.position)
            for view in then.items:
                if view.path in folded:
                    assert view.status == folded[view.path]
                else:
                    assert view.status in ("pending", "ready", "skipped")

    virtually(script)


async def test_results_of_finished_steps_survive_a_crash_in_a_later_one(tmp_path: Path) -> None:
    bench = Workbench()
    async with opened_in(tmp_path, bench) as opened:
        plan = await opened.start(flow(step("a", gives="kept"), step("b", "a", takes=60)))
        while "b" not in bench.calls:
            await anyio.sleep(0.005)
    async with opened_in(tmp_path, bench) as opened:
        assert (await opened.step(plan, "a")).output == "kept"
        assert (await opened.step(plan, "b")).status is StepStatus.RUNNING


async def test_a_large_output_survives_too_and_is_read_whole(tmp_path: Path) -> None:
    value = "x" * 300_000
    async with opened_in(tmp_path) as opened:
        plan = (await opened.run(flow(step("a", gives=value)))).plan_id
    async with opened_in(tmp_path) as opened:
        assert (await opened.step(plan, "a")).output == value


async def test_nothing_of_a_plan_is_left_when_it_has_ended(tmp_path: Path) -> None:
    async with opened_in(tmp_path) as opened:
        for _warm in range(2):
            await told(opened, await opened.run(MIXED))
        tasks, files = asyncio.all_tasks(), open_files()
        story = await told(opened, await opened.run(MIXED))
        failed = await opened.run(flow(step("a", takes=9), step("b", fails="x")))
        await anyio.lowlevel.checkpoint()

        assert asyncio.all_tasks() == tasks
        assert open_files() == files
        assert failed.cancelled_steps == 1
    assert story.events[-1].kind == "plan.completed.v1"
    assert story.report.total == story.plan.actual_duration


async def test_every_command_that_changed_something_is_in_the_record(tmp_path: Path) -> None:
    ask = {"id": "ask", "type": "user_input", "prompt": "?"}
    async with opened_in(tmp_path) as opened:
        plan = (await opened.run(flow(ask, step("b", "ask")))).plan_id
        await opened.answer(plan, "ask", value=1, who="ada", why="agreed")
        await opened.wait(plan)
        other = await opened.start(flow(step("a", takes=60), step("b", "a")))
        await opened.pause(other, who="bob")
        await opened.cancel(other, who="eve", why="enough")
        asked = [
            (event.actor, event.data["command"])
            for name in (plan, other)
            for event in (await opened.history(name, kinds=["request.made"])).items
        ]
        answers = (await opened.history(other, kinds=["plan.request_answered"])).items
    report = await milepost.keep(tmp_path / "plans.db").check()

    assert asked == [("ada", "answer"), ("bob", "pause"), ("eve", "cancel")]
    assert [event.data["accepted"] for event in answers] == [True, True]
    assert report.findings == ()


async def test_what_a_plan_may_not_do_is_refused_and_leaves_no_event(tmp_path: Path) -> None:
    async with opened_in(tmp_path) as opened:
        plan = (await opened.run(flow(step("a")))).plan_id
        before = (await opened.history(plan)).items
        for refused in (opened.cancel, opened.pause):
            with pytest.raises(IllegalTransitionError, match="while completed"):
                await refused(plan)
        assert (await opened.history(plan)).items == before


def test_an_event_cannot_be_changed() -> None:
    event = StepStarted(originator_id="p.a", originator_version=1, timestamp="2026-01-01T00:00Z")

    with pytest.raises(pydantic.ValidationError, match="frozen"):
        event.attempt = 2


def test_every_event_has_id_kind_time_step_data_and_a_documented_impact(repository: Path) -> None:
    story = carried_out(MIXED)
    page = (repository / "docs/events.md").read_text(encoding="utf-8")

    for event in story.events:
        fields = as_json(event)
        assert isinstance(fields, dict)
        assert {"id", "kind", "time", "step", "data", "impact"} <= fields.keys()
        assert event.impact in set(Impact)
        assert event.cause or event.kind == "plan.drafted.v1"
    assert all(f"`{impact.value}`" in page for impact in Impact)


def test_what_happens_to_steps_and_plans_has_events_with_published_schemas(
    repository: Path,
) -> None:
    story = carried_out(MIXED)
    seen = set(story.kinds())
    assert seen >= {
        *("step.started", "step.completed", "step.failed", "plan.completed", "plan.context_changed")
    }
    folder = repository / "milepost/schemas/events"
    assert {path.name.removesuffix(".schema.json") for path in folder.iterdir()} == set(EVENT_TYPES)
    for event in story.events:
        schema = json.loads((folder / f"{event.kind}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(as_json(event))


async def test_a_subscriber_gets_each_event_in_order_after_it_was_stored(tmp_path: Path) -> None:
    seen: list[str] = []
    async with opened_in(tmp_path) as opened:
        reader = await opened.reader()

        async def subscribe() -> None:
            async for event in reader.follow():
                assert (await reader.event(event.id)).position == event.position
                seen.append(event.id)
                if event.kind == "plan.completed.v1":
                    return

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(subscribe)
            result = await opened.run(MIXED)
        stored = [event.id for event in (await opened.history(result.plan_id)).items]

    assert seen == stored


def test_each_step_has_its_times_calls_and_tokens_and_the_plan_their_sums() -> None:
    story = carried_out(
        flow(
            step("a", takes=2, fails="x", times=1, retry={"jitter": False}),
            {"id": "ask", "type": "llm", "prompt": "one two three"},
        ),
        rules=[{"answer": "four five"}],
    )

    assert story["a"].started_at is not None
    assert story["a"].ended_at is not None
    assert story["a"].usage.calls == 2
    assert (story["ask"].usage.input_tokens, story["ask"].usage.output_tokens) == (3, 2)
    assert story.plan.usage.calls == sum(view.usage.calls for view in story.steps.values()) == 3
    assert (story.plan.usage.input_tokens, story.plan.usage.output_tokens) == (3, 2)


async def test_the_processor_time_of_plain_functions_is_measured_also_where_they_fail(
    tmp_path: Path,
) -> None:
    @milepost.tool(name="counts")
    def counts(up_to: int, error: str = "") -> int:
        """Use the processor."""
        total = sum(number * number for number in range(up_to))
        if error:
            raise milepost.ExecutionError(error, retryable=False)
        return total

    @milepost.tool(name="sleeps")
    def sleeps() -> None:
        """Use time, but hardly the processor."""
        time.sleep(0.2)

    steps = [
        {"id": "much", "tool": "counts", "input": {"up_to": 300_000}},
        {"id": "lost", "tool": "counts", "input": {"up_to": 300_000, "error": "lost"}},
        {"id": "idle", "tool": "sleeps"},
        step("loop"),
    ]
    tools = [counts, sleeps, *Workbench().tools]
    async with milepost.open(tmp_path / "plans.db", tools=tools) as opened:
        result = await opened.run(flow(*steps, stop_on_first_failure=False))
        story = await told(opened, result)

    used = {path: view.usage.cpu for path, view in story.steps.items()}
    assert 0 < used["idle"] < used["much"]
    assert used["idle"] < used["lost"]
    assert used["loop"] == 0, "what shares the event loop is not known"
    assert story.plan.usage.cpu == pytest.approx(sum(used.values()))
    assert story.report.usage.cpu == story.plan.usage.cpu


def test_a_report_has_the_four_times_and_wait_and_run_make_the_elapsed_time() -> None:
    story = carried_out(
        flow(
            step("a", takes=2),
            step("b", takes=3, fails="x", times=1, retry={"jitter": False}),
            max_parallel_steps=1,
        )
    )
    report = story.report
    times = {part.path: part for part in report.steps}

    assert report.total == timedelta(seconds=9)
    assert report.throughput == pytest.approx(2 / 9)
    assert (times["b"].waited, times["b"].ran) == (timedelta(seconds=3), timedelta(seconds=6))
    assert all(part.waited + part.ran == part.elapsed for part in report.steps)
    assert report.ran == sum((part.ran for part in report.steps), timedelta())


def test_an_output_is_read_while_the_plan_goes_on() -> None:
    async def script(opened: Milepost) -> None:
        plan = await opened.start(flow(step("a", gives=1), step("b", "a", takes=60)))
        await anyio.sleep(1)
        assert (await opened.plan(plan)).status == "running"
        assert (await opened.step(plan, "a")).output == 1
        await opened.cancel(plan)

    virtually(script)


def test_the_state_is_printed_at_a_pause_and_at_any_past_event(command: Any, write: Any) -> None:
    command(
        "run",
        write(
            "context: {n: 1}\nsteps:\n"
            "  - {id: a, tool: calc.evaluate, input: {expression: 1 + 1},"
            " set: {n: '${a.output}'}}\n"
            "  - {id: ask, type: user_input, prompt: '?', depends_on: [a]}\n"
        ),
    )
    now = command("show", "last", "--json").json
    assert (now["status"], now["context"], now["waiting_for"]) == ("paused", {"n": 2}, ["ask"])

    contexts, statuses = [], []
    for position in range(1, now["position"] + 1):
        then = command("show", "last", "--as-of", str(position), "--json").json
        contexts.append(then["context"]["n"])
        statuses.append(then["status"])
    assert (contexts[0], contexts[-1]) == (1, 2)
    assert (statuses[0], statuses[1], statuses[-1]) == ("ready", "running", "paused")
