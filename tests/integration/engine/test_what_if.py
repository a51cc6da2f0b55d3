"""What a fork would come to is what it comes to, as far as that can be known."""

from __future__ import annotations

import pytest

from milepost.testing import ScriptedTools

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio


async def test_a_step_that_has_to_wait_its_turn_is_not_reached_and_reads_what_comes_before(
    scene: Scene,
) -> None:
    steps = (
        tool("z"),
        tool("a", input={"z": "${z.output}"}, set={"c": "${a.output}"}),
        tool("b", "z", input={"c": "${context.c}"}),
    )
    written = plan(*steps, context={"c": 0}, settings={"scheduling": "serial"})
    tools = ScriptedTools({"z": 1, "a": 5}, default="done")
    async with scene.engine(tools) as mp:
        parent = (await mp.run(written)).plan_id
        thought = await mp.what_if(parent, replace={"z": 2})
        assert ([one.path for one in thought.to_run], thought.unreached) == (["a"], ("b",))
        thought = await mp.what_if(parent, replace={"z": 2}, suppose={"a": 5})
        assert (thought.to_run, thought.taken) == ((), ("b",))
        tools.calls.clear()
        fork = await mp.wait(await mp.fork(parent, replace={"z": 2}))
        assert [call.step for call in tools.calls] == ["a"]
        assert fork.final_output == thought.result.final_output


async def test_no_more_steps_would_run_than_there_are_slots(scene: Scene) -> None:
    steps = [tool(name, input={"z": "${z.output}"}) for name in "abc"]
    written = plan(tool("z"), *steps, settings={"max_parallel_steps": 2})
    async with scene.engine(ScriptedTools(default=1)) as mp:
        parent = (await mp.run(written)).plan_id
        thought = await mp.what_if(parent, replace={"z": 2})
        assert [one.path for one in thought.to_run] == ["a", "b"]
        assert thought.unreached == ("c",)


async def test_what_comes_of_a_plan_that_would_be_replanned_is_not_known(scene: Scene) -> None:
    steps = tool("z"), tool("a", input={"z": "${z.output}"}, expect="a.output == 5")
    tools = ScriptedTools({"z": 1, "a": 5})
    async with scene.engine(tools) as mp:
        parent = (await mp.run(plan(*steps, settings={"replan": {}}))).plan_id
        thought = await mp.what_if(parent, replace={"z": 2})
        assert thought.to_plan is None
        thought = await mp.what_if(parent, replace={"z": 2}, suppose={"a": 6})
        assert "`a.output == 5` does not hold" in (thought.to_plan or "")
        assert thought.result.status == "running"


async def test_a_fork_that_fails_does_not_undo_what_its_parent_did(scene: Scene) -> None:
    undo = {"tool": "undo", "input": {}}
    steps = (
        tool("flight", compensate=undo),
        tool("z"),
        tool("a", "flight", input={"z": "${z.output}"}, expect="a.output == 5"),
    )
    tools = ScriptedTools({"a": lambda call: 5 if call.arguments["z"] == 1 else 6}, default=1)
    async with scene.engine(tools) as mp:
        parent = (await mp.run(plan(*steps))).plan_id
        thought = await mp.what_if(parent, replace={"z": 2}, suppose={"a": 6})
        assert (thought.to_run, thought.result.status) == ((), "failed")
        tools.calls.clear()
        fork = await mp.wait(await mp.fork(parent, replace={"z": 2}))
        assert ([call.step for call in tools.calls], fork.status) == (["a"], "failed")
