"""Tools that do what no tool should: the plan comes to its end, and the record stays true."""

import asyncio
from typing import Any

import anyio
import pytest

from milepost.engine.attempt import LONGEST_CODE
from milepost.engine.tooling import ToolCall
from milepost.testing import ScriptedTools, attempts, fails, hangs

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio


class Panic(BaseException):
    """As foreign extensions raise; no `Exception`."""


class Unspeakable(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise RuntimeError("not even its message can be had")


def raises(error: BaseException) -> Any:
    def call(_call: ToolCall) -> None:
        raise error

    return call


WRONG_RESULTS = {
    "an object": object(),
    "a set": {1},
    "not a number": float("nan"),
    "infinity": [1.0, float("-inf")],
    "a key that is no text": {1: "one"},
    "half a character": "\ud800",
    "a huge number": 2**70,
    "bytes": b"raw",
}


@pytest.mark.parametrize("result", WRONG_RESULTS.values(), ids=WRONG_RESULTS)
async def test_a_result_that_is_not_json_fails_the_step(scene: Scene, result: object) -> None:
    tools = ScriptedTools({"bad": lambda _call: result})
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("bad")))
        assert (ended.status, ended.failed_steps) == ("failed", 1)
        assert (await mp.replay(ended.plan_id)).equal


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("no"), "ValueError"),
        (SystemExit(3), "SystemExit"),
        (Unspeakable(), "Unspeakable"),
        (Panic("out of order"), "Panic"),
        (RuntimeError("half a \ud800 character"), "RuntimeError"),
        (ExceptionGroup("several", [OSError("disk")]), "ExceptionGroup"),
        (TimeoutError("too slow"), "timeout"),
        (fails("busy"), "busy"),
        (fails(404), "404"),  # type: ignore[arg-type]
        (fails("half a \ud800 character"), "half a ? character"),
        (fails("c" * 1000), "c" * LONGEST_CODE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value[:30],
)
async def test_an_error_of_any_kind_fails_the_step_with_its_code(
    scene: Scene, error: BaseException, code: str
) -> None:
    async with scene.engine(ScriptedTools({"bad": raises(error)})) as mp:
        ended = await mp.run(plan(tool("bad")))
        failed = next(e for e in scene.events(ended.plan_id) if e.kind == "step.failed.v1")
        assert failed.data()["error"]["code"] == code
        assert (await mp.replay(ended.plan_id)).equal


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_tool_that_raises_cancellation_by_itself_fails(scene: Scene) -> None:
    async def awaits_a_cancelled_task(_call: ToolCall) -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    async with scene.engine(ScriptedTools({"bad": awaits_a_cancelled_task})) as mp:
        with anyio.fail_after(5):
            ended = await mp.run(plan(tool("bad")))
    assert ended.failed_steps == 1


async def test_a_tool_cannot_change_what_another_step_gave(scene: Scene) -> None:
    def spoil(call: ToolCall) -> list[Any]:
        rows = call.arguments["rows"]
        assert isinstance(rows, list)
        rows.append("spoilt")
        call.arguments["more"] = True
        return rows

    tools = ScriptedTools({"load": [1, 2], "spoil": spoil, "use": lambda call: call.arguments})
    steps = [
        tool("load"),
        tool("spoil", input={"rows": "${load.output}", "fixed": {"a": 1}}),
        tool("use", "spoil", input={"rows": "${load.output}"}),
    ]
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*steps))
        assert ended.final_output == {"rows": [1, 2]}
        assert (await mp.replay(ended.plan_id)).equal


async def test_a_tool_cannot_change_the_plan_for_its_next_attempt_or_the_next_run(
    scene: Scene,
) -> None:
    seen: list[Any] = []

    def spoil(call: ToolCall) -> None:
        seen.append(dict(call.arguments))
        call.arguments.clear()
        raise ValueError("again")

    retry = {"max_attempts": 2, "initial_delay": 0}
    written = plan(tool("spoil", input={"keep": {"me": 1}}, retry=retry))
    async with scene.engine(ScriptedTools({"spoil": spoil})) as mp:
        for _run in range(2):
            await mp.run(written)
    assert seen == [{"keep": {"me": 1}}] * 4


async def test_a_tool_cannot_change_its_result_afterwards(scene: Scene) -> None:
    kept: list[int] = [1]
    tools = ScriptedTools(
        {
            "give": lambda _call: kept,
            "later": lambda _call: kept.append(2),
            "use": lambda call: call.arguments["x"],
        }
    )
    steps = [
        tool("give"),
        tool("later", "give"),
        tool("use", "later", input={"x": "${give.output}"}),
    ]
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*steps))
    assert (ended.final_output, kept) == ([1], [1, 2])


async def test_a_tuple_that_a_tool_gives_is_a_list_in_the_record(scene: Scene) -> None:
    tools = ScriptedTools({"give": lambda _call: {"pair": (1, [2])}})
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("give")))
        assert ended.final_output == {"pair": [1, [2]]}
        assert (await mp.replay(ended.plan_id)).equal


async def test_a_hanging_tool_is_stopped_by_its_time_limit_and_frees_its_slot(
    scene: Scene,
) -> None:
    tools = ScriptedTools({"hang": hangs, "next": 1})
    steps = [tool("hang", attempt_timeout=0.05), tool("next")]
    settings = {"max_parallel_steps": 1, "stop_on_first_failure": False}
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*steps, settings=settings))
    assert (ended.failed_steps, ended.completed_steps) == (1, 1)
    assert scene.kinds(ended.plan_id)[2:6] == [
        "started hang",
        "failed hang",
        "started next",
        "completed next",
    ]


async def test_a_result_that_comes_after_the_time_limit_is_ignored(scene: Scene) -> None:
    async def stubborn(call: ToolCall) -> str:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.15)
        return f"late from attempt {call.attempt}"

    tools = ScriptedTools({"slow": attempts(stubborn, "in time")})
    retry = {"max_attempts": 2, "initial_delay": 0.01, "jitter": False}
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("slow", attempt_timeout=0.05, retry=retry)))
        assert ended.final_output == "in time"
        assert (await mp.replay(ended.plan_id)).equal
    assert scene.kinds(ended.plan_id)[2:] == [
        "started slow",
        "retrying slow",
        "started slow",
        "completed slow",
        "plan completed",
    ]


async def test_a_hanging_tool_does_not_outlive_a_cancelled_plan(scene: Scene) -> None:
    ended: list[str] = []

    async def hang(call: ToolCall) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(call.step)

    async with scene.engine(ScriptedTools({"hang": hang})) as mp:
        plan_id = await mp.start(plan(tool("hang")))
        await scene.until(plan_id, "started hang")
        await mp.cancel(plan_id, why="enough")
        result = await mp.wait(plan_id)
    assert (result.status, result.cancelled_steps, ended) == ("cancelled", 1, ["hang"])
    assert scene.kinds(plan_id)[2:] == [
        "started hang",
        "asked cancel",
        "cancelled hang",
        "plan cancelled",
        "plan request_answered",
    ]
