"""Tools that are plain `def` functions run beside the event loop, not on it."""

import threading

import anyio
import anyio.lowlevel
import pytest

from milepost.adapters.tools import threads, tool
from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json
from milepost.engine.tooling import ToolCall
from tests.unit.tools.calls import made_call

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
PATIENCE = 60.0
"""Seconds after which a thread that waits for another gives up."""


async def test_a_blocking_tool_does_not_delay_an_async_one() -> None:
    release = threading.Event()

    @tool
    def blocks() -> str:
        assert release.wait(timeout=PATIENCE)
        return "blocked"

    @tool
    async def quick() -> str:
        return "quick"

    results: list[Json] = []

    async def run_blocking() -> None:
        results.append(await blocks.call(made_call({})))

    async with anyio.create_task_group() as group:
        group.start_soon(run_blocking)
        for _turn in range(100):
            results.append(await quick.call(made_call({})))
            await anyio.lowlevel.checkpoint()
        release.set()
    assert results == ["quick"] * 100 + ["blocked"]


async def test_blocking_tools_run_side_by_side() -> None:
    meeting = threading.Barrier(4, timeout=PATIENCE)

    @tool
    def meets() -> bool:
        return meeting.wait() >= 0

    async with anyio.create_task_group() as group:
        for _number in range(4):
            group.start_soon(meets.call, made_call({}))
    assert not meeting.broken


async def test_cancelling_does_not_wait_for_a_hung_tool() -> None:
    release = threading.Event()
    ended = threading.Event()

    @tool
    def hangs() -> None:
        release.wait(timeout=PATIENCE)
        ended.set()

    with anyio.move_on_after(0.05) as scope:
        await hangs.call(made_call({}))
    assert scope.cancelled_caught
    assert not ended.is_set()
    release.set()
    assert await anyio.to_thread.run_sync(ended.wait, PATIENCE)


async def test_busy_tools_queue_among_themselves_and_leave_other_threads_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "TOOL_THREADS", 1)
    anyio.to_thread.current_default_thread_limiter().total_tokens = 1
    started, release = threading.Event(), threading.Event()
    starts: list[int] = []

    @tool
    def works(number: int) -> None:
        starts.append(number)
        started.set()
        release.wait(timeout=PATIENCE)

    async with anyio.create_task_group() as group:
        group.start_soon(works.call, made_call({"number": 1}))
        assert await anyio.to_thread.run_sync(started.wait, PATIENCE)
        with anyio.move_on_after(0.05) as queued:
            await works.call(made_call({"number": 2}))
        assert queued.cancelled_caught
        assert starts == [1]
        release.set()


async def test_a_blocking_tool_streams_on_the_event_loop() -> None:
    loop_thread = threading.get_ident()
    chunks: list[tuple[str, Json, bool]] = []

    def emit(kind: str, value: Json) -> None:
        chunks.append((kind, value, threading.get_ident() == loop_thread))

    @tool
    def counts(call: ToolCall) -> bool:
        for number in range(3):
            call.emit("token", str(number))
        return threading.get_ident() != loop_thread

    assert await counts.call(made_call({}, emit=emit)) is True
    assert chunks == [("token", str(number), True) for number in range(3)]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit, BaseException])
async def test_what_ends_programs_or_tasks_is_an_error_of_the_tool_in_a_thread(
    kind: type[BaseException],
) -> None:
    @tool
    def ends() -> None:
        raise kind("out of order")

    with pytest.raises(ExecutionError, match=f"{kind.__name__}: out of order"):
        await ends.call(made_call({}))
