"""Planners in the engine: asked again after a crash, beside running steps, and over pauses."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from milepost.adapters.planners import ScriptedPlanner
from milepost.domain.replanning import RevisionStrategy
from milepost.domain.revisions import ChangeStep
from milepost.engine.planner import Proposal, ReplanRequest
from milepost.engine.tooling import ToolCall
from milepost.testing import ScriptedTools, after, fails, hangs

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio

ON = {"replan": {}}
BROKEN = fails("down", retryable=False)
AGAIN = Proposal(RevisionStrategy.RETRY, "again", again=("b",))


def once_broken() -> Callable[[ToolCall], str]:
    """Return what a tool does that fails at its first call only."""
    results = iter([BROKEN])

    def call(_call: ToolCall) -> str:
        for error in results:
            raise error
        return "better"

    return call


class Waiting:
    """A planner that does not answer."""

    name = "waiting"

    def __init__(self) -> None:
        self.asked = anyio.Event()

    async def plan(self, request: ReplanRequest) -> Proposal:
        self.asked.set()
        await anyio.sleep_forever()
        raise AssertionError(request)


async def test_a_planner_that_a_crash_cut_off_is_asked_again(scene: Scene) -> None:
    waiting = Waiting()
    async with scene.engine(ScriptedTools({"b": BROKEN}), planner=waiting) as mp:
        plan_id = await mp.start(plan(tool("a"), tool("b", "a"), settings=ON))
        await waiting.asked.wait()
    planner, tools = ScriptedPlanner(AGAIN), ScriptedTools({"b": "now"})
    async with scene.engine(tools, planner=planner) as mp:
        [ended] = await mp.resume(plan_id)
        assert (ended.success, ended.final_output) == (True, "now")
        assert (await mp.replay(plan_id)).difference is None
    assert [call.step for call in tools.calls] == ["b"]
    assert len(planner.requests) == 1
    assert scene.kinds(plan_id).count("plan replan_begun") == 1


async def test_a_new_content_is_stored_and_found_by_the_next_process(scene: Scene) -> None:
    edit = ChangeStep(path="c", fields={"input": {"x": 2}})
    other = Proposal(RevisionStrategy.PARTIAL, "c too", edits=(edit,), again=("b",))
    chain = (tool("a"), tool("b", "a"), tool("c", "b"))
    before = ScriptedTools({"b": once_broken(), "c": hangs})
    async with scene.engine(before, planner=ScriptedPlanner(other)) as mp:
        plan_id = await mp.start(plan(*chain, settings=ON))
        await scene.until(plan_id, "started c")
    now = ScriptedTools({"c": "done"})
    async with scene.engine(now) as mp:
        [ended] = await mp.resume(plan_id)
        assert ended.final_output == "done"
        assert (await mp.replay(plan_id)).difference is None
    assert [(call.step, call.arguments) for call in now.calls] == [("c", {"x": 2})]


async def test_attempts_under_way_go_on_while_the_planner_thinks(scene: Scene) -> None:
    def slow(request: ReplanRequest) -> Proposal:
        assert request.steps["x"].status == "running"
        return AGAIN

    tools = ScriptedTools({"b": once_broken(), "x": after(0.05, "x")})
    async with scene.engine(tools, planner=ScriptedPlanner(slow)) as mp:
        ended = await mp.run(plan(tool("b"), tool("x"), tool("y", "x", "b"), settings=ON))
        assert ended.success
        assert (await mp.replay(ended.plan_id)).difference is None
    assert sorted(call.step for call in tools.calls) == ["b", "b", "x", "y"]


async def test_a_paused_plan_asks_its_planner_once_it_goes_on(scene: Scene) -> None:
    waiting = Waiting()
    async with scene.engine(ScriptedTools({"b": BROKEN}), planner=waiting) as mp:
        plan_id = await mp.start(plan(tool("b"), settings=ON))
        await waiting.asked.wait()
        await mp.pause(plan_id)
        assert (await mp.wait(plan_id)).status == "paused"
    async with scene.engine(ScriptedTools(), planner=ScriptedPlanner(AGAIN)) as mp:
        [ended] = await mp.resume(plan_id)
        assert ended.success


async def test_a_person_who_revises_first_makes_the_planners_answer_void(scene: Scene) -> None:
    waiting = Waiting()
    async with scene.engine(ScriptedTools({"b": BROKEN}), planner=waiting) as mp:
        plan_id = await mp.start(plan(tool("a"), tool("b", "a"), settings=ON))
        await waiting.asked.wait()
        await mp.revise(plan_id, plan(tool("a"), tool("c", "a"), settings=ON))
        ended = await mp.wait(plan_id)
        assert (ended.success, ended.completed_steps) == (True, 2)
        assert (await mp.replay(plan_id)).difference is None
