"""A clock that skips time, under asyncio alone, under anyio, and under trio."""

import asyncio
import time

import anyio
import pytest

from milepost.domain.errors import ValidationError
from milepost.testing import VirtualLoop, run_virtual, skipping_time
from milepost.testing.virtual_time import RESOLUTION

HOUR = 3_600.0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_hour_passes_at_once_and_timers_keep_their_order(backend: str) -> None:
    seen: list[tuple[str, float]] = []

    async def note(name: str, seconds: float) -> None:
        await anyio.sleep(seconds)
        seen.append((name, round(anyio.current_time() - begun, 6)))

    async def main() -> str:
        nonlocal begun
        begun = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(note, "late", 100 * HOUR)
            tasks.start_soon(note, "soon", 0.25)
            tasks.start_soon(note, "next", HOUR)
        return "done"

    begun = 0.0
    real = time.monotonic()
    assert run_virtual(main, backend=backend) == "done"
    assert seen == [("soon", 0.25), ("next", HOUR), ("late", 100 * HOUR)]
    assert time.monotonic() - real < 100 * HOUR


def test_timers_are_due_after_ten_years_of_many_steps() -> None:
    month = 30 * 24 * HOUR

    async def main() -> float:
        for _month in range(122):
            await anyio.sleep(month)
        for _step in range(1_000):
            await anyio.sleep(0.003)
        return anyio.current_time()

    assert run_virtual(main) == pytest.approx(122 * month + 3, abs=0.2)


def test_a_timer_may_be_as_late_as_time_goes() -> None:
    last = 10_000 * 366 * 24 * HOUR
    assert last + RESOLUTION > last


def test_plain_asyncio_has_it_by_its_loop() -> None:
    async def main() -> float:
        async with asyncio.timeout(2 * HOUR):
            await asyncio.sleep(HOUR)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(HOUR), timeout=30)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == pytest.approx(HOUR + 30)


def test_work_that_is_ready_comes_before_any_timer() -> None:
    async def main() -> list[str]:
        order: list[str] = []

        async def busy() -> None:
            for _turn in range(100):
                await asyncio.sleep(0)
            order.append("work")

        async def timer() -> None:
            await asyncio.sleep(0.001)
            order.append("timer")

        await asyncio.gather(timer(), busy())
        return order

    assert run_virtual(main) == ["work", "timer"]


def test_without_a_timer_the_loop_waits_for_the_world() -> None:
    async def main() -> str:
        return await anyio.to_thread.run_sync(lambda: "from a thread")

    assert run_virtual(main) == "from a thread"


def test_an_unknown_loop_is_refused() -> None:
    with pytest.raises(ValidationError, match="'twisted' is no event loop"):
        skipping_time("twisted")


@pytest.fixture
def anyio_backend() -> object:
    return skipping_time()


@pytest.mark.anyio
async def test_the_fixture_of_the_pytest_plugin_takes_it() -> None:
    begun = anyio.current_time()
    await anyio.sleep(24 * HOUR)
    assert anyio.current_time() - begun == pytest.approx(24 * HOUR)
    assert isinstance(asyncio.get_running_loop(), VirtualLoop)
