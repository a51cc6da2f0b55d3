"""A save that is refused is a plan's last one: nothing is stored that follows from it."""

import anyio
import pytest

import milepost
from milepost import StoreError, ToolCall
from milepost.adapters.store.journal import SqliteJournal
from milepost.engine.journal import Save

from .conftest import Tallying
from .ledger import Ledger
from .scene import Scene
from .tools import note_call

pytestmark = [pytest.mark.chaos]
PLAN = {
    "name": "joined",
    "steps": [
        {"id": "one", "tool": "quick"},
        {"id": "other", "tool": "late"},
        {"id": "join", "tool": "quick", "depends_on": ["one", "other"]},
    ],
}


async def test_an_end_that_was_not_stored_starts_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tally: Tallying
) -> None:
    """The other step ends at the very moment at which the end of the one cannot be stored."""
    ledger, refused = Ledger(scene.ledger), anyio.Event()
    append = SqliteJournal.append

    async def refuse_once(journal: SqliteJournal, save: Save) -> int:
        ended = [event.kind for event in save.events if event.originator_id.endswith(".one")]
        if "step.completed.v1" in ended and not refused.is_set():
            refused.set()
            raise StoreError("the disk failed on purpose")
        return await append(journal, save)

    @milepost.tool(effect="read")
    async def quick(call: ToolCall) -> int:
        note_call(ledger, call)
        await anyio.sleep(0.01)
        return 1

    @milepost.tool(effect="read")
    async def late(call: ToolCall) -> int:
        note_call(ledger, call)
        await refused.wait()
        return 2

    monkeypatch.setattr(SqliteJournal, "append", refuse_once)
    with tally("a save refused while another step ends") as figures:
        async with milepost.open(scene.store, tools=[quick, late]) as mp:
            with pytest.raises(StoreError, match="on purpose"):
                await mp.run(PLAN)
            plan = scene.record().plans[0]
            found = scene.problems()
            results = await mp.resume(plan)
            found += [] if results[0].success else [f"it came to {results}"]
            found += [] if (await mp.replay(plan)).equal else ["replay differs"]
        figures.add(found + scene.problems(), "one refusal")
