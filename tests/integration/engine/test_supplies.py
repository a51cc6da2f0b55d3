"""Engines that lack the tools of a plan: they leave it as it is, and others go on with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from milepost.adapters.tools import ToolRegistry
from milepost.domain.errors import EquipmentError, OwnedElsewhereError
from milepost.facade import Milepost
from milepost.testing import ScriptedTools, hangs

from .scene import Scene, plan, question, tool

pytestmark = pytest.mark.anyio

UNDO = {"tool": "unwork", "input": {}}
CHAIN = [tool("a", compensate=UNDO), tool("b", "a"), tool("c", "b")]
Ask = Callable[[Milepost, str], Awaitable[object]]
COURSES: dict[str, Ask] = {
    "resume": lambda mp, it: mp.resume(it),
    "resume all": lambda mp, _it: mp.resume(),
    "take over": lambda mp, it: mp.resume(it, take_over=True),
    "pause": lambda mp, it: mp.pause(it),
    "cancel": lambda mp, it: mp.cancel(it),
    "compensate": lambda mp, it: mp.compensate(it),
    "restore": lambda mp, it: mp.restore(it, at=f"{it}#2", effects="accept"),
    "restore undone": lambda mp, it: mp.restore(it, at=f"{it}#2", effects="compensate"),
    "fork": lambda mp, it: mp.fork(it),
}


async def crashed(scene: Scene, *, writes: tuple[str, ...] = ()) -> str:
    """Run the chain until its second step is under way, then take the engine away."""
    async with scene.engine(ScriptedTools({"b": hangs}, writes=writes)) as mp:
        plan_id = await mp.start(plan(*CHAIN))
        await scene.until(plan_id, "started b")
    return plan_id


@pytest.mark.parametrize("course", COURSES)
async def test_nothing_is_stored_of_a_plan_whose_tools_are_not_at_hand(
    scene: Scene, course: str
) -> None:
    plan_id = await crashed(scene, writes=("work",))
    before = scene.events(plan_id)
    async with scene.engine(ToolRegistry([])) as mp:
        with pytest.raises(EquipmentError, match=rf"plan {plan_id}: .* '(un)?work' \(step"):
            await COURSES[course](mp, plan_id)
        assert [one.id for one in (await mp.plans()).items] == [plan_id]
    assert scene.events(plan_id) == before
    async with scene.engine(ScriptedTools()) as mp:
        [ended] = await mp.resume()
        assert ended.success


async def test_a_failed_and_undone_plan_is_not_recovered_without_its_tools(scene: Scene) -> None:
    broken = ScriptedTools({"b": ValueError("broken")})
    async with scene.engine(broken) as mp:
        failed = await mp.run(plan(*CHAIN))
    before = scene.events(failed.plan_id)
    async with scene.engine(ToolRegistry([])) as mp:
        with pytest.raises(EquipmentError, match=r"'work' \(step 'a'\)"):
            await mp.recover(failed.plan_id)
        assert failed.plan_id in (await mp.recover_all()).refused
    assert scene.events(failed.plan_id) == before


async def test_the_plans_that_lack_nothing_are_carried_on_all_the_same(scene: Scene) -> None:
    lacking = await crashed(scene)
    async with scene.engine(ScriptedTools()) as mp:
        waiting = await mp.run(plan(question("q")), breakpoints=["q"])
    async with scene.engine(ToolRegistry([])) as mp:
        resumed = await mp.resume_all()
    assert [(one.plan_id, one.waiting) for one in resumed.results] == [(waiting.plan_id, ("q",))]
    assert list(resumed.left) == [lacking]


async def test_a_person_answers_with_no_tools_if_none_follow(scene: Scene) -> None:
    steps = [tool("a"), question("q", "a")]
    async with scene.engine(ScriptedTools()) as mp:
        asked = await mp.run(plan(*steps))
    async with scene.engine(ToolRegistry([])) as mp:
        await mp.answer(asked.plan_id, "q", value=5)
        assert (await mp.wait(asked.plan_id)).success


async def test_what_became_of_a_write_is_told_without_its_tool_but_not_tried_again(
    scene: Scene,
) -> None:
    async with scene.engine(ScriptedTools({"a": hangs}, writes=["work"])) as mp:
        plan_id = await mp.start(plan(tool("a")))
        await scene.until(plan_id, "started a")
    async with scene.engine(ScriptedTools(writes=["work"])) as mp:
        assert (await mp.resume(plan_id))[0].waiting == ("a",)
    async with scene.engine(ToolRegistry([])) as mp:
        with pytest.raises(EquipmentError, match=r"'work' \(step 'a'\)"):
            await mp.answer(plan_id, "a", outcome="retry")
        await mp.answer(plan_id, "a", value="done")
        assert (await mp.wait(plan_id)).final_output == "done"


async def test_the_tools_of_the_living_owner_are_those_that_count(scene: Scene) -> None:
    async with (
        scene.engine(ScriptedTools({"b": hangs})) as owner,
        scene.engine(ToolRegistry([])) as other,
    ):
        plan_id = await owner.start(plan(*CHAIN))
        await scene.until(plan_id, "started b")
        with pytest.raises(OwnedElsewhereError):
            await other.resume(plan_id)
        with pytest.raises(EquipmentError):
            await other.resume(plan_id, take_over=True)
        await other.cancel(plan_id)
        assert (await owner.wait(plan_id)).status == "cancelled"
    assert scene.kinds(plan_id).count("completed a~undo") == 1
