"""Requests that arrive at the worst of moments: each is answered, and nobody is fenced off."""

from functools import partial

import anyio
import pytest

from milepost.adapters.store.memory import MemoryJournal
from milepost.domain.errors import RefusedError
from milepost.domain.events import RequestMade
from milepost.domain.ids import PlanId
from milepost.engine.journal import Save, Stored
from milepost.engine.tooling import ToolCall
from milepost.testing import ScriptedTools, after

from .scene import Scene, plan, question, tool

pytestmark = pytest.mark.anyio


async def test_a_request_stored_after_the_plan_has_ended_is_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = MemoryJournal.append

    async def late(journal: MemoryJournal, save: Save) -> int:
        if isinstance(save.events[0], RequestMade):
            await scene.until(save.plan, "plan completed")
        return await append(journal, save)

    monkeypatch.setattr(MemoryJournal, "append", late)
    async with scene.engine(ScriptedTools({"a": after(0.02)})) as mp:
        plan_id = await mp.start(plan(tool("a")))
        with anyio.fail_after(10), pytest.raises(RefusedError, match="cannot pause"):
            await mp.pause(plan_id)
        assert (await mp.replay(plan_id)).equal
    assert scene.kinds(plan_id)[-3:] == [
        "plan completed",
        "asked pause",
        "plan request_answered",
    ]


async def test_a_request_made_while_its_plan_is_taken_up_is_not_overlooked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_events, reading = MemoryJournal.plan_events, anyio.Event()

    async def until_the_other_is_answered(call: ToolCall) -> None:
        await scene.until(call.plan, "completed y")

    tools = ScriptedTools({"long": until_the_other_is_answered})
    async with scene.engine(tools) as mp:
        asked = await mp.run(plan(question("x"), question("y"), tool("long", "x")))

        async def slow(journal: MemoryJournal, wanted: PlanId, *, after: int = 0) -> list[Stored]:
            """Let the second answer come while the first one's engine reads the plan."""
            stored = await plan_events(journal, wanted, after=after)
            taken_up = scene.kinds(asked.plan_id).count("asked answer") == 1
            if taken_up and not reading.is_set():
                reading.set()
                while scene.kinds(asked.plan_id).count("asked answer") < 2:
                    await anyio.sleep(0.001)
                await anyio.sleep(0.005)
            return stored

        monkeypatch.setattr(MemoryJournal, "plan_events", slow)
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(mp.answer, asked.plan_id, "x", value=1))
                await reading.wait()
                await mp.answer(asked.plan_id, "y", value=2)
            ended = await mp.wait(asked.plan_id)
    assert ended.completed_steps == 3


async def test_what_others_store_between_finding_a_plan_and_owning_it_is_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, looked_at = MemoryJournal.claim, anyio.Event()

    async def late(journal: MemoryJournal, wanted: PlanId, *, take_over: bool = False) -> int:
        """Let another engine end the plan after it was looked at and before it is claimed."""
        if not looked_at.is_set():
            looked_at.set()
            async with scene.engine(ScriptedTools()) as other:
                await other.cancel(wanted, why="enough")
        return await claim(journal, wanted, take_over=take_over)

    async with scene.engine(ScriptedTools({"a": after(60)})) as mp:
        plan_id = await mp.start(plan(tool("a")))
    monkeypatch.setattr(MemoryJournal, "claim", late)
    async with scene.engine(ScriptedTools()) as mp:
        with anyio.fail_after(10):
            [result] = await mp.resume(plan_id)
        assert (await mp.replay(plan_id)).equal
    assert result.status == "cancelled"
    assert scene.kinds(plan_id)[-2:] == ["plan cancelled", "plan request_answered"]


async def test_a_request_made_while_its_plan_is_given_up_fences_nobody_off(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = MemoryJournal.append
    given_up = anyio.Event()

    async def slow(journal: MemoryJournal, save: Save) -> int:
        position = await append(journal, save)
        if save.release and not given_up.is_set():
            given_up.set()
            await scene.until(save.plan, "asked resume")
            await anyio.sleep(0.005)
        return position

    monkeypatch.setattr(MemoryJournal, "append", slow)
    async with scene.engine(ScriptedTools({"a": after(0.03)})) as mp:
        plan_id = await mp.start(plan(tool("a"), tool("b", "a")))
        rested: list[str] = []

        async def wait() -> None:
            rested.append((await mp.wait(plan_id)).status)

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait)
                await mp.pause(plan_id)
                await given_up.wait()
                await mp.resume(plan_id)
            assert (await mp.wait(plan_id)).success
        assert (await mp.replay(plan_id)).equal
    assert len(rested) == 1
