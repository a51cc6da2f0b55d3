"""A step as it is written and as it stands: rows A1 to A5, A8, A10, A12, A14 to A17."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic
import pytest

import milepost
from milepost import Milepost, StepKind, StepStatus
from milepost.adapters.workflow.execution_plan import echo

from .workbench import Workbench, carried_out, flow, opened_in, step, told, virtually

ODD = {"null": None, "list": [1, 2.5, "é", {"deep": [True, False]}], "": "empty name", "n": 2**53}


@pytest.mark.parametrize("missing", ["id", "kind", "input"])
def test_a_step_needs_an_id_a_kind_and_an_input(missing: str) -> None:
    fields = {"id": "a", "kind": "response", "input": {}}
    del fields[missing]

    with pytest.raises(pydantic.ValidationError, match=missing):
        milepost.StepSpec.model_validate(fields)


def test_a_field_of_a_step_cannot_be_assigned() -> None:
    made = milepost.StepSpec(id="a", kind=StepKind.RESPONSE, input={})

    with pytest.raises(pydantic.ValidationError, match="frozen"):
        made.id = "b"


def test_an_output_is_read_back_exactly() -> None:
    story = carried_out(flow(step("a", gives=ODD)))

    assert story["a"].output == ODD
    assert story.result.final_output == ODD


def test_a_failed_step_has_its_error_and_no_output() -> None:
    failed = carried_out(flow(step("a", fails="broken")))["a"]

    assert failed.error is not None
    assert (failed.error.code, failed.error.message) == ("broken", "a cannot")
    assert failed.output is None


def test_every_step_is_pending_before_the_plan_starts() -> None:
    async def script(opened: Milepost) -> None:
        plan = await opened.start(flow(step("a"), step("b", "a")))
        await opened.wait(plan)
        before = await opened.steps(plan, as_of=1)
        assert {view.status for view in before.items} == {StepStatus.PENDING}

    virtually(script)


NAMED = """
steps:
  - {id: a, name: Fetch it, description: From afar, tool: time.now, input: {}}
  - {id: b, tool: time.now, input: {}, depends_on: [a]}
"""


def test_a_name_is_shown_and_the_id_where_there_is_none(command: Any, write: Any) -> None:
    command("run", write(NAMED))

    graph = command("graph", "last", "--format", "json").json["nodes"]
    assert [(node["path"], node["title"]) for node in graph] == [("a", "Fetch it"), ("b", "b")]
    assert graph[0]["description"] == "From afar"
    listed = command("steps", "last", "--json").json["items"]
    assert [(row["label"], row["description"]) for row in listed] == [
        ("Fetch it", "From afar"),
        ("b", None),
    ]
    lanes = command("timeline", "last", "--json").json["lanes"]
    assert [lane["label"] for lane in lanes] == ["Fetch it", "b"]
    for words in (("steps", "last"), ("timeline", "last"), ("graph", "last")):
        said = command(*words)
        assert "Fetch it" in said.out, words


async def test_metadata_come_back_from_the_store_and_from_an_export(tmp_path: Path) -> None:
    async with opened_in(tmp_path) as opened:
        result = await opened.run(flow(step("a", metadata=ODD)))
        view = await opened.plan(result.plan_id)
    lines = await milepost.keep(tmp_path / "plans.db").export(result.plan_id)
    other = milepost.keep(tmp_path / "other.db")
    await other.import_log(lines)
    async with milepost.open(tmp_path / "other.db") as opened:
        imported = await opened.plan(result.plan_id)

    assert view.spec.steps[0].metadata == imported.spec.steps[0].metadata == ODD


def test_a_step_has_the_times_of_its_events() -> None:
    story = carried_out(flow(step("a", takes=2)))
    done = story["a"]

    assert done.started_at == story.event("step.started").time
    assert done.ended_at == story.event("step.completed").time
    assert done.started_at is not None
    assert done.ended_at is not None
    assert done.started_at.tzinfo is not None
    assert (done.ended_at - done.started_at).total_seconds() == 2


def test_a_response_gives_the_plans_final_answer() -> None:
    story = carried_out(
        flow(
            step("a", gives=3),
            {"id": "r", "type": "Response", "text": "${a.output} found"},
            step("after", "r"),
        )
    )

    assert story.result.final_output == "3 found"
    assert story.result.reason == "response"
    assert story["after"].status is StepStatus.SKIPPED


@pytest.mark.parametrize(
    ("word", "more", "kind"),
    [
        ("Tool", {"tool": "work"}, StepKind.TOOL_CALL),
        ("LLMFunction", {"prompt": "x"}, StepKind.LLM_CALL),
        ("llm", {"prompt": "x"}, StepKind.LLM_CALL),
        ("tool", {"tool": "work"}, StepKind.TOOL_CALL),
        ("branch", {"cases": [{"else": True, "steps": [step("i")]}]}, StepKind.BRANCH),
        ("parallel", {"steps": [step("i")]}, StepKind.PARALLEL),
    ],
)
def test_short_names_of_kinds_mean_the_same(
    word: str, more: dict[str, Any], kind: StepKind
) -> None:
    story = carried_out(flow({"id": "a", "type": word, **more}), rules=[{"answer": "y"}])

    assert story.result.success
    assert story["a"].kind is kind
    assert story.plan.spec.steps[0].kind is kind


async def test_a_plan_in_the_shape_that_models_write_runs_and_is_told_back(
    tmp_path: Path,
) -> None:
    plan = {
        "PlanId": "p-1",
        "Steps": [
            {
                "StepId": "1",
                "Type": "Tool",
                "Name": "work",
                "Parameters": {"gives": 42},
                "Dependencies": [],
                "Status": "waiting",
            },
            {
                "StepId": "2",
                "Type": "Response",
                "Name": "reply",
                "Parameters": {"text": "${steps['1'].output}"},
                "Dependencies": ["1"],
                "Status": "waiting",
            },
        ],
        "Context": {"language": "en"},
        "Status": "waiting",
        "CreatedAt": "2026-01-31T09:00:00Z",
    }
    async with opened_in(tmp_path) as opened:
        result = await opened.run(plan)
        view = await opened.plan(result.plan_id)

    assert result.final_output == 42
    assert echo(view.spec) == plan


def test_a_step_reaches_every_status_and_is_found_by_it() -> None:
    """Pending, running, retrying, suspended and ready are those of a moment in between."""
    found: set[str] = set()
    workflow = flow(
        step("done"),
        step("not wanted", when="false"),
        step("flaky", fails="x", times=1, retry={"max_attempts": 2, "initial_delay": "50ms"}),
        step("broken", fails="x"),
        step("last", "flaky"),
        {"id": "pause", "type": "wait", "for": "20ms"},
        step("waits for a slot"),
        {"id": "ask", "type": "user_input", "prompt": "?", "depends_on": ["last"]},
        {"id": "one of two", "type": "parallel", "mode": "first_success"}
        | {"steps": [step("fast", takes=1), step("slow", takes=30)]},
        max_parallel_steps=2,
        stop_on_first_failure=False,
    )

    async def script(opened: Milepost) -> None:
        result = await opened.run(workflow)
        assert result.status == "paused"
        story = await told(opened, result)
        for event in story.events:
            for status in StepStatus:
                page = await opened.steps(result.plan_id, status=[status], as_of=event.position)
                assert all(view.status is status for view in page.items)
                found.update(status.value for _view in page.items)

    virtually(script)
    assert found == {status.value for status in StepStatus}


def test_with_one_slot_one_of_two_free_steps_runs_and_the_other_is_ready() -> None:
    async def script(opened: Milepost) -> None:
        plan = await opened.start(flow(step("a", takes=5), step("b"), max_parallel_steps=1))
        page = await opened.steps(plan)
        assert [view.status for view in page.items] == [StepStatus.RUNNING, StepStatus.READY]
        assert (await opened.wait(plan)).success

    virtually(script)


def test_the_four_base_states_are_words_of_the_filter() -> None:
    async def script(opened: Milepost) -> None:
        plan = await opened.start(
            flow(
                step("done"),
                step("broken", fails="x"),
                step("running", takes=60),
                step("waiting", "running"),
                stop_on_first_failure=False,
                scheduling="dag",
            )
        )
        import anyio

        await anyio.sleep(1)
        for word in ("waiting", "running", "done", "failed"):
            page = await opened.steps(plan, status=[word])
            expected = "broken" if word == "failed" else word
            assert [view.id for view in page.items] == [expected]
            assert page.items[0].base == word
        await opened.wait(plan)

    virtually(script, bench=Workbench())
