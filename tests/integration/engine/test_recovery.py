"""Engines that go away in the middle, and others that carry their plans on."""

import anyio
import pytest

from milepost.domain.errors import FenceError, OwnedElsewhereError, RefusedError
from milepost.testing import ScriptedTools, after, hangs

from .scene import Scene, plan, question, tool

pytestmark = pytest.mark.anyio

CHAIN = [tool("a"), tool("b", "a"), tool("c", "b")]


async def crashed(scene: Scene, tools: ScriptedTools, *steps: dict[str, object], at: str) -> str:
    """Run a plan until what an event begins is under way, then take its engine away.

    Return the plan's id.
    """
    async with scene.engine(tools) as mp:
        plan_id = await mp.start(plan(*steps))
        await scene.until(plan_id, at)
        await anyio.sleep(0.001)
    return plan_id


async def test_a_plan_goes_on_where_it_was_and_repeats_nothing_that_was_done(
    scene: Scene,
) -> None:
    before = ScriptedTools({"a": 1, "b": hangs})
    plan_id = await crashed(scene, before, *CHAIN, at="started b")
    now = ScriptedTools({"b": 2, "c": 3})
    async with scene.engine(now) as mp:
        [ended] = await mp.resume()
        assert (ended.success, ended.final_output) == (True, 3)
        assert (await mp.replay(plan_id)).equal
    assert [call.step for call in before.calls + now.calls] == ["a", "b", "b", "c"]
    assert {call.key for call in before.calls + now.calls if call.step == "b"} == {f"{plan_id}/b/0"}
    assert [call.attempt for call in now.calls] == [2, 1]


async def test_a_writing_tool_that_was_cut_off_is_asked_about(scene: Scene) -> None:
    tools = ScriptedTools({"b": hangs}, writes=["work"])
    plan_id = await crashed(scene, tools, *CHAIN, at="started b")
    async with scene.engine(ScriptedTools(writes=["work"])) as mp:
        [asked] = await mp.resume()
        assert (asked.status, asked.waiting) == ("paused", ("b",))
        await mp.answer(plan_id, "b", value="it did", who="ann")
        ended = await mp.wait(plan_id)
        assert (ended.success, (await mp.replay(plan_id)).equal) == (True, True)
    done = [event for event in scene.events(plan_id) if event.id == f"{plan_id}.b#3"]
    assert (done[0].actor, done[0].data()["output"]) == ("ann", "it did")


async def test_a_question_waits_over_engines_for_its_answer(scene: Scene) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        asked = await mp.run(plan(question("q"), tool("a", input={"x": "${q.output}"})))
    async with scene.engine(ScriptedTools()) as mp:
        await mp.answer(asked.plan_id, "q", value=5)
        assert (await mp.wait(asked.plan_id)).success
    assert scene.kinds(asked.plan_id).count("suspended q") == 1


async def test_a_living_owner_keeps_its_plan(scene: Scene) -> None:
    async with (
        scene.engine(ScriptedTools({"a": hangs})) as owner,
        scene.engine(ScriptedTools()) as other,
    ):
        plan_id = await owner.start(plan(tool("a")))
        with pytest.raises(OwnedElsewhereError):
            await other.resume(plan_id)
        assert await other.resume() == []
        await owner.cancel(plan_id)


async def test_an_owner_that_was_displaced_adds_nothing_more(scene: Scene) -> None:
    old_tools = ScriptedTools({"a": after(0.05, "from the old one")})
    async with (
        scene.engine(old_tools) as old,
        scene.engine(ScriptedTools(default="from the new one")) as new,
    ):
        plan_id = await old.start(plan(*CHAIN))
        [ended] = await new.resume(plan_id, take_over=True)
        with pytest.raises(FenceError):
            await old.wait(plan_id)
        assert (ended.success, ended.final_output) == (True, "from the new one")
        assert [call.step for call in old_tools.calls] == ["a"]
        assert (await new.replay(plan_id)).equal


async def test_two_who_attend_at_once_do_not_fence_each_other_off(scene: Scene) -> None:
    plan_id = await crashed(scene, ScriptedTools({"b": hangs}), *CHAIN, at="started b")
    async with scene.engine(ScriptedTools(default=after(0.01, 1))) as mp:
        async with anyio.create_task_group() as tasks:
            for _both in range(3):
                tasks.start_soon(mp.resume, plan_id)
        assert (await mp.wait(plan_id)).success
    assert scene.kinds(plan_id).count("plan owner_changed") == 1


async def test_a_plan_that_ended_cannot_be_resumed(scene: Scene) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        ended = await mp.run(plan(tool("a")))
        with pytest.raises(RefusedError, match="nothing is left to do"):
            await mp.resume(ended.plan_id)


async def test_all_unfinished_plans_are_carried_on_and_none_twice(scene: Scene) -> None:
    tools = ScriptedTools({"b": hangs})
    plans = [await crashed(scene, tools, *CHAIN, at="started b") for _plan in range(4)]
    now = ScriptedTools()
    async with scene.engine(now) as mp:
        results = await mp.resume()
        assert [result.plan_id for result in results] == plans
        assert await mp.resume() == []
    assert sorted(call.step for call in now.calls) == ["b"] * 4 + ["c"] * 4


async def test_a_wide_fan_out_that_was_cut_between_its_saves_goes_on(scene: Scene) -> None:
    wide = [tool(f"s{number}") for number in range(1500)]
    settings = {"max_parallel_steps": 1500}
    async with scene.engine(ScriptedTools(default=hangs)) as mp:
        plan_id = await mp.start(plan(*wide, settings=settings))
    kept = [word for word in scene.kinds(plan_id) if word.startswith("started")]
    assert 500 < len(kept) < 1500, "the fan-out was not cut"
    now = ScriptedTools(default=1)
    async with scene.engine(now) as mp:
        [ended] = await mp.resume()
        assert ended.completed_steps == 1500
        assert (await mp.replay(plan_id)).difference is None
    assert len(now.calls) == 1500


async def test_what_is_only_noted_does_not_carry_a_plan_on_that_was_cut_in_a_fan_out(
    scene: Scene,
) -> None:
    wide = [tool(f"s{number}") for number in range(1100)]
    settings = {"max_parallel_steps": 1100}
    async with scene.engine(ScriptedTools(default=hangs)) as mp:
        plan_id = await mp.start(plan(*wide, settings=settings))
    before = scene.kinds(plan_id)
    now = ScriptedTools(default=1)
    async with scene.engine(now) as mp:
        await mp.checkpoint(plan_id, "cut")
        await mp.set_breakpoint(plan_id, "s3")
        noted = scene.kinds(plan_id)[len(before) :]
        assert now.calls == []
        assert noted == [
            *("asked checkpoint", "plan checkpoint_taken", "plan request_answered"),
            *("asked breakpoint", "plan breakpoint_changed", "plan request_answered"),
        ]
        assert (await mp.replay(plan_id)).difference is None
        [ended] = await mp.resume()
        assert ended.completed_steps == 1100
        assert (await mp.replay(plan_id)).difference is None


async def test_waits_and_retries_keep_their_times_over_a_crash(scene: Scene) -> None:
    wait = {"id": "w", "kind": "wait", "input": {}, "wait_for": 0.1}
    plan_id = await crashed(scene, ScriptedTools(), wait, at="suspended w")
    due = next(e for e in scene.events(plan_id) if e.kind == "step.suspended.v1").data()["due"]
    async with scene.engine(ScriptedTools()) as mp:
        await mp.resume(plan_id)
    done = next(e for e in scene.events(plan_id) if e.kind == "step.completed.v1")
    assert done.timestamp.isoformat()[:22] >= due[:22]
