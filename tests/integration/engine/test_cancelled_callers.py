"""Callers that are cancelled half-way: no plan is left that a living process owns and forgets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
import pytest

from milepost.adapters.store.memory import MemoryJournal
from milepost.domain.errors import RefusedError
from milepost.engine.journal import Save
from milepost.facade import Milepost
from milepost.testing import ScriptedTools, hangs

from .scene import Scene, plan, question, tool

pytestmark = pytest.mark.anyio

TICKS = 30
"""In so many turns of the event loop a plan of one step is begun and over."""


async def cancelled_after(ticks: int, call: Callable[[], Awaitable[object]]) -> None:
    """Call, and cancel that after so many turns of the event loop."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        for _tick in range(ticks):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()


async def test_a_cancelled_run_ends_its_plan_whenever_it_is_cancelled(scene: Scene) -> None:
    async with scene.engine(ScriptedTools({"a": hangs})) as mp:
        for ticks in range(TICKS):
            await cancelled_after(ticks, lambda: mp.run(plan(tool("a"))))
        stored = (await mp.plans(limit=2 * TICKS)).items
    assert {one.status for one in stored} == {"cancelled"}


async def test_a_cancelled_start_begins_its_plan_or_does_not(scene: Scene) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        for ticks in range(TICKS):
            await cancelled_after(ticks, lambda: mp.start(plan(tool("a"))))
        stored = (await mp.plans(limit=2 * TICKS)).items
        ended = [await mp.wait(one.id) for one in stored]
    assert {one.status for one in ended} == {"completed"}


@pytest.mark.parametrize("ticks", range(0, TICKS, 2))
async def test_a_plan_whose_answer_is_cancelled_can_be_answered_by_others(
    scene: Scene, ticks: int
) -> None:
    async def answer(mp: Milepost) -> None:
        await mp.answer(asked.plan_id, "q", value=1)

    async with scene.engine(ScriptedTools()) as one, scene.engine(ScriptedTools()) as other:
        asked = await one.run(plan(question("q"), tool("a", "q")))
        await cancelled_after(ticks, lambda: answer(one))
        with anyio.fail_after(10):
            if (await other.plan(asked.plan_id)).status == "paused":
                with suppress(RefusedError):  # the cancelled one came through
                    await answer(other)
            while (await other.plan(asked.plan_id)).status != "completed":
                await anyio.sleep(0.01)
        assert (await other.replay(asked.plan_id)).equal


async def test_a_cancelled_run_does_not_wait_for_ever_for_its_plan_to_be_cancelled(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = MemoryJournal.append

    async def stuck(journal: MemoryJournal, save: Save) -> int:
        if save.events[0].kind == "request.made.v1":
            await anyio.sleep_forever()
        return await append(journal, save)

    monkeypatch.setattr(MemoryJournal, "append", stuck)
    async with scene.engine(ScriptedTools({"a": hangs})) as mp:
        with anyio.fail_after(60):
            await cancelled_after(TICKS, lambda: mp.run(plan(tool("a"))))
