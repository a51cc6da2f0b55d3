"""What is asked for several times at the same moment is done for each asker, or refused."""

from pathlib import Path

import anyio
import pytest

import milepost
from milepost.domain.errors import RefusedError
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
