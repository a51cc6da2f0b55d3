"""What a listener gets while a plan runs, and runners alone: rows G1, H1, H5, H6, H21, S1."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import milepost
from milepost import Chunk, ChunkKind, Milepost, PlanStatus, StepKind, ValidationError
from milepost.adapters.models import ScriptedModels
from milepost.adapters.tools import ToolRegistry
from milepost.domain.steps import StepSpec
from milepost.engine.runners import RUNNERS, RunContext, StreamChunk

from .workbench import Workbench, carried_out, flow, step, virtually

RULES = [{"answer": "two words"}]


async def listened(opened: Milepost, workflow: Any) -> list[Chunk]:
    """Start a plan and return all its chunks."""
    plan = await opened.start(workflow)
    return [chunk async for chunk in opened.stream(plan)]


def test_a_stream_has_the_status_of_every_step_and_the_final_output_in_order() -> None:
    async def script(opened: Milepost) -> None:
        chunks = await listened(opened, flow(step("a", gives=3), step("b", "a", gives="end")))
        assert [chunk.sequence for chunk in chunks] == list(range(1, len(chunks) + 1))
        statuses = [(c.step, c.value) for c in chunks if c.kind is ChunkKind.STATUS]
        assert ("a", "step.started.v1") in statuses
        assert statuses[-1] == (None, "plan.completed.v1")
        finals = [(c.step, c.value) for c in chunks if c.kind is ChunkKind.FINAL]
        assert finals == [("a", 3), ("b", "end"), (None, "end")]

    virtually(script)


def test_every_chunk_names_its_plan_and_those_of_a_step_the_step() -> None:
    async def script(opened: Milepost) -> None:
        ask = {"id": "ask", "type": "llm", "prompt": "x"}
        plan = await opened.start(flow(step("a"), ask))
        chunks = [chunk async for chunk in opened.stream(plan)]
        assert {chunk.plan for chunk in chunks} == {plan}
        assert {c.step for c in chunks if c.kind is ChunkKind.TOKEN} == {"ask"}
        assert {c.step for c in chunks if c.kind is ChunkKind.TOOL_CALL} == {"a"}

    virtually(script, rules=RULES)


def test_cancelling_while_listening_stops_the_plan_and_is_recorded() -> None:
    async def script(opened: Milepost) -> None:
        plan = await opened.start(flow(step("a", takes=60), step("b", "a")))
        async for chunk in opened.stream(plan):
            if chunk.kind is ChunkKind.TOOL_CALL:
                await opened.cancel(plan)
        assert (await opened.wait(plan)).status is PlanStatus.CANCELLED
        history = await opened.history(plan, kinds=["plan.cancelled"])
        assert len(history.items) == 1

    virtually(script)


def test_cancelling_the_caller_of_run_cancels_the_plan_on_record() -> None:
    async def script(opened: Milepost) -> None:
        with anyio.move_on_after(5):
            await opened.run(flow(step("a", takes=60)))
        [plan] = (await opened.plans()).items
        assert plan.status is PlanStatus.CANCELLED

    virtually(script)


async def chunks_of(spec: StepSpec, given: Any) -> list[StreamChunk]:
    """Call a runner alone."""
    context = RunContext(
        plan="p",
        path=spec.id,
        attempt=1,
        key="p/a/0",
        input=given,
        tools=ToolRegistry(Workbench().tools),
        models=ScriptedModels(RULES),
    )
    return [chunk async for chunk in RUNNERS[spec.kind].run(spec, context)]


async def test_a_runner_called_alone_yields_chunks_that_end_with_final() -> None:
    tool = StepSpec(id="a", kind=StepKind.TOOL_CALL, tool="work", input={"gives": 1})
    chunks = await chunks_of(tool, tool.input)
    assert [chunk.kind for chunk in chunks] == [ChunkKind.TOOL_CALL, ChunkKind.FINAL]
    assert chunks[-1].value == 1

    model = StepSpec(id="b", kind=StepKind.LLM_CALL, input={"prompt": "x"})
    chunks = await chunks_of(model, model.input)
    assert [chunk.value for chunk in chunks] == ["two", "words", "two words"]
    assert chunks[-1].kind is ChunkKind.FINAL


def test_an_unknown_kind_is_refused_and_not_passed_over() -> None:
    with pytest.raises(ValidationError, match="'teleport' is no type of step"):
        milepost.validate({"steps": [{"id": "a", "type": "teleport", "input": {}}]})


def test_the_record_of_a_step_shows_each_moment_of_its_run() -> None:
    """Its kind, who ran it, the parameters prepared, the run, and the result."""
    story = carried_out(flow(step("a", gives=2), step("b", input={"gives": "${a.output}"})))
    started, completed = story.event("step.started", "b"), story.event("step.completed", "b")

    assert (story["b"].kind, story["b"].tool) == (StepKind.TOOL_CALL, "work")
    assert started.data["bindings"] == {"/gives": 2}
    assert completed.cause == started.id
    assert completed.data["output"] == 2
    assert "duration" in completed.data
