"""The scenarios that the requirements name: rows AF4 to AF6, AF8, AF9, AF11 to AF13, AF15, AF16."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

import milepost
from milepost import DependencyError, PlanStatus, StepStatus
from milepost.adapters.models import ScriptedModels
from milepost.composition import Config
from milepost.testing import ScriptedTools, attempts, engine, fails
from tests.acceptance.workbench import Workbench, carried_out, flow, opened_in, step

LONG = 10_000


async def test_read_a_file_analyse_it_and_summarise_it(tmp_path: Path, repository: Path) -> None:
    examples = repository / "examples"
    models = ScriptedModels.load(examples / "summarise.models.json")
    config = Config(folder=examples)
    async with milepost.open(tmp_path / "plans.db", models=models, config=config) as opened:
        result = await opened.run(examples / "summarise.yaml")

    assert result.completed_steps == 3
    assert "12 March 2027" in str(result.final_output)


def test_call_several_services_side_by_side_and_merge_what_they_say() -> None:
    calls = {
        "id": "calls",
        "type": "parallel",
        "steps": [
            step("weather", takes=3, gives={"celsius": 19}),
            step("rates", takes=2, gives={"usd": 2}),
            step("trains", takes=1, gives=["18:05"]),
        ],
    }
    merged = {
        "id": "merged",
        "type": "response",
        "output": {
            "warm": "${calls.output.weather.celsius > 15}",
            "next": "${calls.output.trains[0]}",
            "usd": "${calls.output.rates.usd}",
        },
    }
    story = carried_out(flow(calls, merged))

    assert story.result.final_output == {"warm": True, "next": "18:05", "usd": 2}
    assert story.result.duration == timedelta(seconds=3)
    assert story.timeline.most_at_once == 3


@pytest.mark.parametrize(("amount", "answer"), [(700, "deposit"), (7, "thanks")])
def test_branch_on_a_condition(amount: int, answer: str) -> None:
    story = carried_out(
        flow(
            {
                "id": "choose",
                "type": "branch",
                "cases": [
                    {"when": "inputs.amount > 500", "steps": [step("a", gives="deposit")]},
                    {"else": True, "steps": [step("b", gives="thanks")]},
                ],
            },
            {"id": "r", "type": "response", "text": "${choose.output}"},
            inputs={"amount": {"type": "integer"}},
        ),
        inputs={"amount": amount},
    )

    assert story.result.final_output == answer


@pytest.mark.timeout(240)
async def test_a_very_long_chain_completes(tmp_path: Path) -> None:
    steps = [step(f"s{at}", *([f"s{at - 1}"] if at else []), gives=at) for at in range(LONG)]
    async with opened_in(tmp_path) as opened:
        result = await opened.run(flow(*steps))

    assert (result.completed_steps, result.final_output) == (LONG, LONG - 1)


def test_a_cycle_in_a_long_chain_is_refused_and_listed() -> None:
    steps = [step(f"s{at}", f"s{at - 1}", tool="time.now") for at in range(1, 2000)]

    with pytest.raises(DependencyError) as caught:
        milepost.validate(flow(step("s0", "s1999", tool="time.now"), *steps))
    assert len(caught.value.ids) == 2001
    assert caught.value.ids[0] == caught.value.ids[-1]


def test_exhausted_slots_resources_and_limits_are_waited_for_or_named() -> None:
    scarce = [step(f"s{at}", takes=1, resources={"gpu": 1}) for at in range(6)]
    waited = carried_out(flow(*scarce, resources={"gpu": 2}, max_parallel_steps=6))
    assert waited.result.success
    assert waited.timeline.most_at_once == 2

    spent = carried_out(flow(*scarce, max_steps=4))
    assert (spent.result.status, spent.result.reason) == ("failed", "max_steps")


async def test_many_plans_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    async with opened_in(tmp_path) as opened:
        results: dict[int, Any] = {}

        async def run(number: int) -> None:
            results[number] = await opened.run(
                flow(step("a", gives=number), step("b", gives="${a.output * 2}"))
            )

        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(run, number)
    report = await milepost.keep(tmp_path / "plans.db").check()

    assert {number: result.final_output for number, result in results.items()} == {
        number: 2 * number for number in range(50)
    }
    assert (report.plans, report.findings) == (50, ())


def test_a_complex_task_of_many_kinds_of_steps_succeeds() -> None:
    story = carried_out(
        flow(
            step("load", gives=[3, 5, 8]),
            {
                "id": "each",
                "type": "loop",
                "for_each": "${load.output}",
                "concurrency": 2,
                "steps": [step("square", gives="${item * item}")],
            },
            {
                "id": "both",
                "type": "parallel",
                "steps": [
                    step("sum", gives="${each.output[0] + each.output[1] + each.output[2]}"),
                    {"id": "words", "type": "llm", "prompt": "Describe ${each.output}"},
                ],
            },
            {
                "id": "size",
                "type": "branch",
                "cases": [
                    {"when": "both.output.sum > 50", "steps": [step("large", gives="large")]},
                    {"else": True, "steps": [step("small", gives="small")]},
                ],
            },
            step("flaky", "size", gives="ok", fails="busy", times=2, retry={"max_attempts": 3}),
            {
                "id": "answer",
                "type": "response",
                "depends_on": ["flaky"],
                "text": "${both.output.sum} is ${size.output}: ${both.output.words}",
            },
        ),
        rules=[{"contains": "[9,25,64]", "answer": "three squares"}],
    )

    assert story.result.final_output == "98 is large: three squares"
    assert story.result.completed_steps >= 5
    assert story.plan.steps.total >= 10


def test_tools_that_run_side_by_side_overlap() -> None:
    story = carried_out(flow(*[step(f"s{at}", takes=2) for at in range(3)]))

    assert story.timeline.overlap == timedelta(seconds=2)
    assert story.result.duration == timedelta(seconds=2)


def test_a_failure_is_tried_again_and_mended() -> None:
    story = carried_out(flow(step("a", fails="busy", times=1, gives="ok", retry={})))

    assert story.result.final_output == "ok"
    assert story["a"].attempt == 2


async def test_waiting_for_a_person_lasts_across_a_restart(tmp_path: Path) -> None:
    ask = {"id": "ask", "type": "user_input", "prompt": "Go on?", "schema": {"type": "boolean"}}
    async with opened_in(tmp_path) as opened:
        paused = await opened.run(flow(ask, step("b", when="ask.output", gives="went on")))
        assert paused.status is PlanStatus.PAUSED
    async with opened_in(tmp_path) as opened:
        with pytest.raises(milepost.RefusedError, match="must be true or false"):
            await opened.answer(paused.plan_id, "ask", value="perhaps")
        await opened.answer(paused.plan_id, "ask", value=True)
        result = await opened.wait(paused.plan_id)

    assert (result.status, result.final_output) == ("completed", "went on")


def test_a_step_out_of_time_ends_as_a_timeout() -> None:
    bench = Workbench()
    story = carried_out(flow(step("a", takes=60, timeout="1s")), bench=bench)

    assert story["a"].status is StepStatus.FAILED
    assert story["a"].error is not None
    assert story["a"].error.kind == "timeout"
    assert story.result.duration == timedelta(seconds=1)
    assert bench.calls == ["a"]


def test_the_sample_of_the_requirements_runs_unchanged(
    command: Any, repository: Path, tmp_path: Path
) -> None:
    """A query, a model's analysis of it, then a chart and a report side by side."""
    sample = repository / "tests/integration/workflow/data-analysis-sample.yaml"
    with closing(sqlite3.connect(tmp_path / "data.db")) as database:
        database.executescript(
            "CREATE TABLE sales (region, amount); INSERT INTO sales VALUES ('EU', 3)"
        )
    rule = {"answer": {"chart_data": [{"x": "a", "y": 1}, {"x": "b", "y": 2}], "summary": "Fine."}}
    (tmp_path / "models.json").write_text(json.dumps([rule]))
    run = command("run", sample, "--models", tmp_path / "models.json", "--json")

    assert (run.code, run.json["completed_steps"]) == (0, 5)
    assert set(run.json["final_output"]) == {"1", "2"}
    for document in run.json["final_output"].values():
        assert (tmp_path / document["path"]).stat().st_size == document["bytes"]
    lanes = command("timeline", "last", "--json").json["lanes"]
    assert [lane["path"] for lane in lanes][-2:] == ["visualize.1", "visualize.2"]


async def test_all_unfinished_plans_are_carried_on_and_no_finished_step_runs_twice(
    tmp_path: Path,
) -> None:
    bench = Workbench()
    async with opened_in(tmp_path, bench) as opened:
        done = await opened.run(flow(step("whole")))
        plans = [
            await opened.start(
                flow(
                    step(f"{name}1"),
                    step(f"{name}2", f"{name}1", takes=60),
                    step(f"{name}3", f"{name}2"),
                )
            )
            for name in "xy"
        ]
        while not {"x2", "y2"} <= set(bench.calls):
            await anyio.sleep(0.005)
    bench.hurries = True
    async with opened_in(tmp_path, bench) as opened:
        results = await opened.resume()

    assert {result.plan_id for result in results} == set(plans)
    assert all(result.completed_steps == 3 for result in results)
    assert done.success
    once = [name for name in bench.calls if name.endswith(("1", "3", "whole"))]
    assert sorted(once) == ["whole", "x1", "x3", "y1", "y3"]


async def test_what_steps_give_is_scripted_without_any_tool() -> None:
    tools = ScriptedTools({"load": {"rows": 3}, "send": attempts(fails("busy"), "sent")})
    async with engine(tools) as opened:
        result = await opened.run(
            flow(
                step("load", tool="no.such.tool"),
                step("send", "load", tool="nor.this", retry={"initial_delay": "1ms"}),
            )
        )

    assert result.final_output == "sent"
    assert [(call.step, call.attempt) for call in tools.calls] == [
        *(("load", 1), ("send", 1), ("send", 2)),
    ]
