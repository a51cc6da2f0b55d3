"""Processes whose clocks differ write one file: its time never runs back, and replay agrees."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

import milepost
from milepost.adapters.store.check import check_store
from milepost.adapters.store.keeping import StoreKeeping
from milepost.composition import Config
from milepost.engine.world import SystemClock, World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

_AHEAD = timedelta(hours=1)
_STEPS: list[dict[str, Any]] = [
    {"id": "others", "type": "tool", "tool": "others.run"},
    {
        "id": "shaky",
        "type": "tool",
        "tool": "shaky.call",
        "depends_on": ["others"],
        "retry": {"max_attempts": 2, "initial_delay": "10ms", "max_delay": "10ms"},
    },
    {"id": "nap", "type": "wait", "for": "20ms", "depends_on": ["shaky"]},
    {"id": "last", "type": "tool", "tool": "time.now", "depends_on": ["nap"]},
]


class ClockAhead(SystemClock):
    """A computer's clock that is an hour ahead."""

    def now(self) -> datetime:
        """Return the time, and an hour."""
        return super().now() + _AHEAD


async def test_a_plan_among_others_from_the_future_is_replayed_and_moved(tmp_path: Path) -> None:
    tried: Iterator[int] = count()
    path, ahead = tmp_path / "plans.db", Config(world=World(clock=ClockAhead()))
    async with milepost.open(path, config=ahead) as other:

        @milepost.tool(name="others.run")
        async def others() -> str:
            """Have the other one run a plan of its own, an hour from now."""
            steps = [{"id": "s", "type": "tool", "tool": "time.now"}]
            return (await other.run({"name": "other", "steps": steps})).plan_id

        @milepost.tool(name="shaky.call", effect="read")
        async def shaky() -> int:
            """Fail the first time."""
            if next(tried) == 0:
                raise milepost.ExecutionError("not yet", code="busy")
            return 1

        async with milepost.open(path, tools=[others, shaky]) as mp:
            plan = {"name": "now", "steps": _STEPS, "settings": {"checkpoints": {"every": 4}}}
            ended = await mp.run(plan)
            await _holds(mp, path, ended)
    async with milepost.open(path, tools=[others, shaky]) as mp:
        await _holds(mp, path, ended)
        lines = await StoreKeeping(path).export(ended.plan_id)
    moved = tmp_path / "moved.db"
    await StoreKeeping(moved).import_log(lines)
    async with milepost.open(moved, tools=[others, shaky]) as mp:
        await _holds(mp, moved, ended)


async def _holds(mp: milepost.Milepost, path: Path, ended: milepost.PlanResult) -> None:
    """Hold that time runs forward in the log, and that everything agrees with it."""
    events = (await mp.history(ended.plan_id, limit=1000)).items
    assert all(one.time <= other.time for one, other in pairwise(events))
    assert any("decided_at" in event.data for event in events)
    assert (await mp.replay(ended.plan_id)).difference is None
    assert await mp.wait(ended.plan_id) == ended
    (listed,) = (await mp.plans(name="now")).items
    shown = await mp.plan(ended.plan_id)
    assert ended.duration == listed.actual_duration == shown.result.duration < _AHEAD
    assert check_store(path).findings == ()
