"""What stops one plan stops no other, and is told to those who wait for that one."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from milepost.adapters.store.memory import MemoryJournal, MemoryStore
from milepost.domain.errors import FenceError, StoreBusyError, StoreError, StoreFormatError
from milepost.domain.events import Event
from milepost.domain.ids import PlanId
from milepost.engine.core.outcomes import TimerFired
from milepost.engine.journal import Save, Stored
from milepost.engine.supplies import Supplies
from milepost.testing import ScriptedTools, after

from .scene import Scene, plan, question, tool

pytestmark = pytest.mark.anyio


async def test_a_listener_that_fails_is_no_trouble_of_the_plans(scene: Scene) -> None:
    def watch(event: Event) -> None:
        raise ZeroDivisionError(event.id)

    async with scene.engine(ScriptedTools({"other": after(0.1)})) as mp:
        other = await mp.start(plan(tool("other")))
        assert (await mp.run(plan(tool("a")), watch=watch)).status == "completed"
        assert (await mp.wait(other)).status == "completed"


async def test_an_unforeseen_error_stops_its_own_plan_only(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from milepost.engine import actor

    def decide(state: Any, outcome: Any, now: Any) -> list[Event]:
        if isinstance(outcome, TimerFired):
            raise ZeroDivisionError("nobody foresaw this")
        return whole(state, outcome, now)

    whole = actor.decide
    waiting = plan({"id": "w", "kind": "wait", "input": {}, "wait_for": 1})
    async with scene.engine(ScriptedTools({"other": after(2)})) as mp:
        other = await mp.start(plan(tool("other")))
        monkeypatch.setattr(actor, "decide", decide)
        with pytest.raises(StoreError, match="stopped by ZeroDivisionError: nobody foresaw"):
            await mp.run(waiting)
        monkeypatch.setattr(actor, "decide", whole)
        [resumed] = [one for one in await mp.resume() if one.plan_id != other]
        assert resumed.status == "completed"
        assert (await mp.wait(other)).status == "completed"


async def test_a_plan_that_the_store_stopped_is_given_up_to_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, refused = MemoryJournal.append, 0

    async def refusing(journal: MemoryJournal, save: Save) -> int:
        nonlocal refused
        if not refused and any(event.kind == "step.completed.v1" for event in save.events):
            refused += 1
            raise StoreBusyError("somebody else keeps it locked")
        return await append(journal, save)

    monkeypatch.setattr(MemoryJournal, "append", refusing)
    async with scene.engine(ScriptedTools()) as one, scene.engine(ScriptedTools()) as other:
        with pytest.raises(StoreBusyError):
            await one.run(plan(tool("a")))
        [ended] = await other.resume()
    assert ended.status == "completed"


async def test_after_a_look_for_requests_that_failed_there_is_another(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_requests, asked = MemoryJournal.next_requests, 0

    async def failing(journal: MemoryJournal, after: int) -> list[Stored]:
        nonlocal asked
        asked += 1
        if asked <= 2:
            raise StoreError("the disk did not answer")
        return await next_requests(journal, after)

    monkeypatch.setattr(MemoryJournal, "next_requests", failing)
    async with scene.engine(ScriptedTools({"a": after(60)})) as mp:
        plan_id = await mp.start(plan(tool("a")))
        await mp.cancel(plan_id)
        assert (await mp.wait(plan_id)).status == "cancelled"


async def test_all_plans_are_carried_on_beside_one_that_cannot_be_read_and_one_taken_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(seconds: float) -> Any:
        return plan({"id": "w", "kind": "wait", "input": {}, "wait_for": seconds})

    async with scene.engine(ScriptedTools()) as mp:
        lost, taken, kept = [await mp.start(steps(seconds)) for seconds in (1, 20, 40)]
    stored = MemoryStore.stored

    def unreadable(store: MemoryStore, position: int) -> Stored:
        found = stored(store, position)
        if found.event.originator_id == f"{lost}.w":
            raise StoreFormatError("its kind is unknown to this version")
        return found

    async def take_over() -> None:
        async with scene.engine(ScriptedTools()) as other:
            await anyio.sleep(5)
            await other.resume(taken, take_over=True)

    monkeypatch.setattr(MemoryStore, "stored", unreadable)
    monkeypatch.setattr(MemoryJournal, "unfinished", lambda _journal: given([lost, taken, kept]))
    async with scene.engine(ScriptedTools()) as mp, anyio.create_task_group() as tasks:
        tasks.start_soon(take_over)
        resumed = await mp.resume_all()
    assert [one.plan_id for one in resumed.results] == [kept]
    assert {plan_id: type(error) for plan_id, error in resumed.left.items()} == {
        lost: StoreFormatError
    }


async def given(plans: list[str]) -> list[PlanId]:
    return [PlanId(one) for one in plans]


async def test_who_was_displaced_can_take_the_plan_back(scene: Scene) -> None:
    waiting = plan({"id": "w", "kind": "wait", "input": {}, "wait_for": 30})
    async with scene.engine(ScriptedTools()) as one, scene.engine(ScriptedTools()) as other:
        plan_id = await one.start(waiting)
        errors: list[FenceError] = []

        async def displace() -> None:
            try:
                await other.resume(plan_id, take_over=True)
            except FenceError as error:
                errors.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(displace)
            await anyio.sleep(1)
            [ended] = await one.resume(plan_id, take_over=True)
        assert ended.status == "completed"
        assert len(errors) == 1
        assert (await one.replay(plan_id)).equal


async def test_a_request_that_comes_while_supplies_are_looked_at_is_not_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, looking = Supplies.problem, anyio.Event()

    async def slow(supplies: Supplies, *args: Any) -> str | None:
        found = await problem(supplies, *args)
        if len(args) == 1:
            looking.set()
            await anyio.sleep(1)
        return found

    monkeypatch.setattr(Supplies, "problem", slow)
    async with scene.engine(ScriptedTools({"a": after(60)})) as mp:
        asked = await mp.run(plan(question("q"), tool("a", "q")))
        async with scene.engine(ScriptedTools()) as other, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: mp.answer(asked.plan_id, "q", value=1))
            await looking.wait()
            with anyio.fail_after(30):
                await other.cancel(asked.plan_id)
        assert (await mp.plan(asked.plan_id)).status == "cancelled"
