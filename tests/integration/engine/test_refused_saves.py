"""Saves that the store refuses: a conflict is decided anew, anything else stops the plan there."""

from collections.abc import Callable

import pytest

from milepost.adapters.store.memory import MemoryJournal
from milepost.domain.errors import StoreError, StoreFullError, VersionConflictError
from milepost.engine.journal import Save
from milepost.testing import ScriptedTools, after, attempts, fails

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio

STEPS = [
    tool("a"),
    tool("b", retry={"initial_delay": 0.01, "jitter": False}),
    {"id": "p", "kind": "parallel", "input": {}, "steps": [tool("x"), tool("y")]},
    tool("c", "a", "b", "p"),
]
Refuse = Callable[[int, type[StoreError]], None]


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Have the save of one number refused, once."""
    append = MemoryJournal.append
    saves = 0

    def arm(number: int, error: type[StoreError]) -> None:
        async def refusing(journal: MemoryJournal, save: Save) -> int:
            nonlocal saves
            saves += 1
            if saves == number:
                raise error("refused by the test")
            return await append(journal, save)

        monkeypatch.setattr(MemoryJournal, "append", refusing)

    return arm


def script() -> ScriptedTools:
    return ScriptedTools(
        {
            "a": after(0.02, 1),
            "b": attempts(fails("busy"), 2),
            "x": after(0.01),
            "y": after(0.03),
            "c": "done",
        }
    )


@pytest.mark.parametrize("number", range(2, 8))
async def test_after_a_conflict_the_plan_is_decided_anew_and_no_attempt_is_made_twice(
    scene: Scene, refuse: Refuse, number: int
) -> None:
    refuse(number, VersionConflictError)
    tools = script()
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*STEPS))
        assert (ended.success, ended.final_output) == (True, "done")
        assert (await mp.replay(ended.plan_id)).difference is None
    assert sorted(call.step for call in tools.calls) == ["a", "b", "b", "c", "p.x", "p.y"]


@pytest.mark.parametrize("number", range(2, 8))
async def test_a_full_store_stops_the_plan_and_it_goes_on_from_there(
    scene: Scene, refuse: Refuse, number: int
) -> None:
    refuse(number, StoreFullError)
    async with scene.engine(script()) as mp:
        plan_id = await mp.start(plan(*STEPS))
        with pytest.raises(StoreFullError):
            await mp.wait(plan_id)
        [ended] = await mp.resume(plan_id)
        assert (ended.success, ended.final_output) == (True, "done")
        assert (await mp.replay(plan_id)).difference is None


async def test_a_plan_that_could_not_be_stored_does_not_exist(scene: Scene, refuse: Refuse) -> None:
    refuse(1, StoreFullError)
    tools = ScriptedTools()
    async with scene.engine(tools) as mp:
        with pytest.raises(StoreFullError):
            await mp.start(plan(tool("a")))
    assert (scene.store.positions, tools.calls) == ({}, [])
