"""An answer is of one moment, whatever others store while it is read."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import pytest

import milepost
from milepost.adapters.store import reads_plans, reads_workflows
from milepost.adapters.store.asking import Asking
from milepost.facade import Milepost

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]
FAILING = {
    "name": "f",
    "steps": [{"id": "b", "tool": "calc.evaluate", "input": {"expression": "1/0"}}],
}
IN_PLACE, ELSEWHERE = 50, 500
"""Pages that are read in the loop's thread, and in another one."""
Change = Callable[[Milepost], Awaitable[object]]


@pytest.mark.parametrize("limit", [IN_PLACE, ELSEWHERE])
async def test_plans_are_listed_while_one_of_them_is_recovered(
    path: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with milepost.open(path) as mp:
        plan = (await mp.run(FAILING)).plan_id

        async def recover(other: Milepost) -> None:
            await other.recover(plan)
            await other.wait(plan)

        before = await mp.plans(limit=limit)
        meanwhile(monkeypatch, (reads_plans, "turns"), path, recover)
        assert await mp.plans(limit=limit) == before
        assert (await mp.plans(limit=limit)).as_of > before.as_of


async def test_events_and_plans_are_counted_at_one_moment(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with milepost.open(path) as mp:
        await mp.run(FAILING)
        reads = await mp.reader()
        before = await reads.counts()
        meanwhile(monkeypatch, (reads_plans, "last_position"), path, lambda mp: mp.run(FAILING))
        assert await reads.counts() == before
        assert (await reads.counts()).plans == before.plans + 1


async def test_workflows_are_listed_as_of_the_position_that_the_page_names(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with milepost.open(path) as mp:
        await mp.publish(FAILING)
        before = await mp.workflows()
        again = FAILING | {"version": "2"}
        meanwhile(
            monkeypatch, (reads_workflows, "last_position"), path, lambda mp: mp.publish(again)
        )
        assert await mp.workflows() == before
        assert len((await mp.workflows()).items) == 2


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, place: tuple[object, str], path: Path, change: Change
) -> None:
    """Have another opening of the store change it, once, when an answer comes to a place."""
    there = getattr(*place)

    def asked(*given: object) -> Asking[Any]:
        monkeypatch.undo()
        other = Thread(target=partial(anyio.run, _changed, path, change))
        other.start()
        other.join()
        return (yield from there(*given))

    monkeypatch.setattr(*place, asked)


async def _changed(path: Path, change: Change) -> None:
    async with milepost.open(path) as mp:
        await change(mp)
