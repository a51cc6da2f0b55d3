"""The test kit: scripted results instead of tools, and runners called alone."""

from typing import Any

import pytest

from milepost.domain.errors import ExecutionError
from milepost.domain.steps import StepKind, StepSpec
from milepost.engine.models import NoModels
from milepost.engine.runners import RUNNERS, RunContext, StreamChunk
from milepost.engine.streaming import ChunkKind
from milepost.engine.tooling import Effect, Tool, ToolCall
from milepost.testing import ScriptedTools, after, attempts, fails

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio


def call(step: str, attempt: int = 1) -> ToolCall:
    return ToolCall("p", step, attempt, f"p/{step}/0", {}, lambda _kind, _value: None)


async def test_results_are_found_by_path_before_id() -> None:
    tools = ScriptedTools({"each[1].fetch": "by path", "fetch": "by id"}, default="any")
    given = [await tools.answer(call(path)) for path in ("each[0].fetch", "each[1].fetch", "x")]
    assert given == ["by id", "by path", "any"]
    assert (tools.called("fetch"), tools.called("each[1].fetch"), tools.called("y")) == (2, 1, 0)


async def test_each_attempt_has_its_result_and_the_last_one_stays() -> None:
    tools = ScriptedTools({"a": attempts(fails("busy"), after(0, "late"), lambda c: c.attempt)})
    with pytest.raises(ExecutionError) as failed:
        await tools.answer(call("a", 1))
    assert (failed.value.code, failed.value.retryable) == ("busy", True)
    assert [await tools.answer(call("a", number)) for number in (2, 3, 9)] == ["late", 3, 9]


def test_a_scripted_tool_is_a_tool_that_takes_any_arguments() -> None:
    tools = ScriptedTools(writes=["mail.send"])
    reading, writing = tools.get("anything"), tools.get("mail.send")
    assert isinstance(reading, Tool)
    assert (reading.effect, writing.effect) == (Effect.READ, Effect.WRITE)
    assert reading.check({"any": ["thing"]}) is None
    assert "anything" in tools
    assert tools.names() == ["mail.send"]


async def test_a_plan_is_tested_without_any_tool(scene: Scene) -> None:
    tools = ScriptedTools({"load": {"rows": [1, 2, 3]}})
    body = tool("use", input={"x": "${item}"})
    each = {"id": "each", "kind": "loop", "input": {}, "for_each": "${load.output.rows}"}
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("load"), {**each, "steps": [body]}))
    assert ended.success
    assert [call.arguments for call in tools.calls[1:]] == [{"x": 1}, {"x": 2}, {"x": 3}]


def context(given: Any, tools: ScriptedTools) -> RunContext:
    return RunContext("p", "a", 1, "p/a/0", given, tools, NoModels())


async def chunks_of(step: StepSpec, given: Any, tools: ScriptedTools) -> list[StreamChunk]:
    return [chunk async for chunk in RUNNERS[step.kind].run(step, context(given, tools))]


async def test_a_runner_can_be_called_alone_and_ends_with_a_final_chunk() -> None:
    step = StepSpec.model_validate({"id": "a", "kind": "tool", "tool": "work", "input": {}})
    chunks = await chunks_of(step, {"x": 1}, ScriptedTools({"a": 5}))
    assert [chunk.kind for chunk in chunks] == [ChunkKind.TOOL_CALL, ChunkKind.FINAL]
    assert chunks[0].value == {"tool": "work", "arguments": {"x": 1}}
    assert chunks[-1].value == 5


async def test_a_tools_input_must_be_an_object() -> None:
    step = StepSpec.model_validate({"id": "a", "kind": "tool", "tool": "work", "input": {}})
    with pytest.raises(ExecutionError, match="is an object, this is"):
        await chunks_of(step, ["list"], ScriptedTools())


def test_only_kinds_with_work_of_their_own_have_a_runner() -> None:
    assert set(RUNNERS) == {StepKind.TOOL_CALL, StepKind.LLM_CALL}
