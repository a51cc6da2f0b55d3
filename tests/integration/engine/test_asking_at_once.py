"""What is asked for several times at the same moment is done for each asker, or refused."""

from pathlib import Path
from typing import Any

import anyio
import pytest

import milepost
from milepost.domain.errors import RefusedError
from milepost.domain.ids import EventId
from milepost.engine.requests import Requests
from milepost.facade import Milepost

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]
ONE = {"name": "p", "steps": [{"id": "t", "tool": "time.now"}]}
AT_ONCE = 5


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory:" if request.param == "memory" else str(tmp_path / "plans.db")


async def test_a_version_published_several_times_at_once_is_there_once(url: str) -> None:
    async with milepost.open(url) as mp:
        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.start_soon(mp.publish, ONE)
        assert len((await mp.workflows()).items) == 1


async def test_versions_published_at_once_are_all_there(url: str) -> None:
    versions = {f"{number}" for number in range(AT_ONCE)}
    async with milepost.open(url) as mp:
        async with anyio.create_task_group() as tasks:
            for version in versions:
                tasks.start_soon(mp.publish, ONE | {"version": version})
        assert {one.version for one in (await mp.workflows()).items} == versions


async def test_of_contents_published_at_once_as_one_version_the_first_stays(url: str) -> None:
    refused: list[str] = []

    async def publish(mp: Milepost, description: str) -> None:
        try:
            await mp.publish(ONE | {"description": description})
        except RefusedError as refusal:
            refused.append(str(refusal))

    async with milepost.open(url) as mp:
        async with anyio.create_task_group() as tasks:
            for number in range(AT_ONCE):
                tasks.start_soon(publish, mp, f"{number}")
        assert len((await mp.workflows()).items) == 1
    assert len(refused) == AT_ONCE - 1
    assert all("published with other content" in one for one in refused)


async def test_checkpoints_taken_at_once_have_names_of_their_own(url: str) -> None:
    names: list[str] = []

    async def take(mp: Milepost, plan: str) -> None:
        names.append(await mp.checkpoint(plan))

    async with milepost.open(url) as mp:
        plan = (await mp.run(ONE)).plan_id
        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.start_soon(take, mp, plan)
        assert sorted(names) == sorted(await mp.checkpoints(plan))


async def test_a_checkpoint_that_is_forgotten_at_once_still_has_its_name(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with milepost.open(url) as mp:
        plan, make = (await mp.run(ONE)).plan_id, Requests.make

        async def forgotten(requests: Requests, *given: Any, **named: Any) -> EventId:
            request = await make(requests, *given, **named)
            monkeypatch.undo()
            for name in await mp.checkpoints(plan):
                await mp.forget_checkpoint(plan, name)
            return request

        monkeypatch.setattr(Requests, "make", forgotten)
        assert await mp.checkpoint(plan) == "checkpoint 1"
        assert await mp.checkpoints(plan) == {}
