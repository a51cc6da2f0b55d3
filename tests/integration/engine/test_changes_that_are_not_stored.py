"""A change of a plan that the store refuses is told to who asked, not tried for ever."""

import pytest

from milepost.adapters.store.memory import MemoryJournal
from milepost.domain.errors import StoreFullError
from milepost.domain.events import OwnerChanged, PlanRevised
from milepost.engine.journal import Save
from milepost.testing import ScriptedTools

from .scene import Scene, plan, question, tool

pytestmark = pytest.mark.anyio


async def test_what_stops_the_owner_is_raised_where_the_change_was_asked_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = MemoryJournal.append
    refused = 0

    async def refusing(journal: MemoryJournal, save: Save) -> int:
        nonlocal refused
        if any(isinstance(event, PlanRevised) for event in save.events):
            refused += 1
            raise StoreFullError("the disk is full")
        return await append(journal, save)

    async with scene.engine(ScriptedTools()) as milepost:
        result = await milepost.run(plan(question("ask"), tool("after", "ask")))
        monkeypatch.setattr(MemoryJournal, "append", refusing)
        with pytest.raises(StoreFullError):
            await milepost.revise(result.plan_id, plan(question("ask"), tool("other", "ask")))

    assert refused == 1


async def test_a_paused_plan_changes_its_owner_once_for_one_change(scene: Scene) -> None:
    async with scene.engine(ScriptedTools()) as milepost:
        result = await milepost.run(plan(question("ask"), tool("after", "ask")))
        await milepost.revise(result.plan_id, plan(question("ask"), tool("other", "ask")))
        await milepost.wait(result.plan_id)

    owners = [event for event in scene.events(result.plan_id) if isinstance(event, OwnerChanged)]
    assert len(owners) == 1
