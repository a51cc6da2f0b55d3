"""Time under a clock that jumps: hours of waiting in no time, and limits to the second."""

from datetime import timedelta
from typing import Any

import pytest

from milepost.testing import ScriptedTools, after, attempts, fails, hangs

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio


async def test_an_hours_wait_takes_no_time_and_is_an_hour_in_the_record(scene: Scene) -> None:
    hour = {"id": "w", "kind": "wait", "input": {}, "wait_for": "1h"}
    async with scene.engine(ScriptedTools()) as mp:
        ended = await mp.run(plan(hour, tool("a", "w")))
        assert (await mp.replay(ended.plan_id)).equal
    assert ended.duration == timedelta(hours=1)
    times = {event.kind: event.timestamp for event in scene.events(ended.plan_id)}
    assert times["plan.completed.v1"] - times["step.suspended.v1"] == timedelta(hours=1)


async def test_a_step_with_a_second_and_a_body_of_five_ends_at_one(scene: Scene) -> None:
    async with scene.engine(ScriptedTools({"a": after(5)})) as mp:
        ended = await mp.run(plan(tool("a", timeout="1s")))
    assert (ended.status, ended.duration) == ("failed", timedelta(seconds=1))
    assert "timeout of 1 s" in (ended.error_message or "")


async def test_a_plan_with_two_seconds_and_a_step_of_ten_ends_at_two(scene: Scene) -> None:
    tools = ScriptedTools({"quick": "kept", "slow": after(10)})
    steps = [tool("quick"), tool("slow")]
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*steps, settings={"max_execution_time": "2s"}))
        assert (await mp.replay(ended.plan_id)).equal
    assert (ended.completion, ended.duration) == ("timeout", timedelta(seconds=2))
    assert (ended.completed_steps, ended.cancelled_steps) == (1, 1)


async def test_retries_wait_as_long_as_the_policy_says(scene: Scene) -> None:
    tools = ScriptedTools({"a": attempts(fails("busy"), fails("busy"), fails("busy"), "ok")})
    retry = {"max_attempts": 4, "initial_delay": "10s", "max_delay": "15s", "jitter": False}
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("a", retry=retry)))
    assert (ended.success, ended.duration) == (True, timedelta(seconds=10 + 15 + 15))


async def test_jitter_follows_the_seed_and_replay_agrees(scene: Scene) -> None:
    tools = ScriptedTools({"a": attempts(fails("busy"), "ok")})
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("a", retry={"initial_delay": "10s"})))
        assert (await mp.replay(ended.plan_id)).equal
    assert timedelta(seconds=5) <= ended.duration <= timedelta(seconds=10)


async def test_attempts_out_of_time_are_tried_again_and_then_fail(scene: Scene) -> None:
    retry = {"max_attempts": 3, "initial_delay": "1s", "strategy": "fixed", "jitter": False}
    tools = ScriptedTools({"a": hangs})
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("a", attempt_timeout="10s", retry=retry)))
    assert (ended.status, len(tools.calls)) == ("failed", 3)
    assert ended.duration == timedelta(seconds=10 + 1 + 10 + 1 + 10)


async def test_a_thousand_timers_at_different_times_all_fire(scene: Scene) -> None:
    waits = [
        {"id": f"w{number}", "kind": "wait", "input": {}, "wait_for": (number * 37) % 1000}
        for number in range(1000)
    ]
    async with scene.engine(ScriptedTools()) as mp:
        ended = await mp.run(plan(*waits))
    assert (ended.completed_steps, ended.duration) == (1000, timedelta(seconds=999))


async def test_the_same_seed_gives_the_same_record() -> None:
    def record(scene: Scene, plan_id: str) -> list[dict[str, Any]]:
        dumped = [event.model_dump(mode="json") for event in scene.events(plan_id)]
        return [{**event, "duration": None} for event in dumped]

    flaky = ScriptedTools({"a": attempts(fails("busy"), "ok"), "b": after(3, [1])})
    records = []
    for _run in range(2):
        scene = Scene()
        async with scene.engine(flaky) as mp:
            ended = await mp.run(plan(tool("a", retry={}), tool("b"), tool("c", "a", "b")))
        records.append(record(scene, ended.plan_id))
    assert records[0] == records[1]
