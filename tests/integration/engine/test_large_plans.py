"""Ten thousand steps, in a row and side by side: they end, and the record is complete."""

import pytest

from milepost.domain.plans import PlanSettings
from milepost.testing import ScriptedTools

from .scene import Scene, plan, tool

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

STEPS = 10_000


@pytest.fixture
def anyio_backend() -> str:
    """Run once; the other tests here run under both event loops."""
    return "asyncio"


async def test_a_chain_of_ten_thousand_steps_ends_with_two_events_a_step(scene: Scene) -> None:
    steps = [tool("s0"), *(tool(f"s{at}", f"s{at - 1}") for at in range(1, STEPS))]
    tools = ScriptedTools(default=1)
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*steps))
        assert (ended.success, ended.completed_steps) == (True, STEPS)
        assert (await mp.replay(ended.plan_id)).equal
    assert [call.step for call in tools.calls] == [f"s{at}" for at in range(STEPS)]
    assert len(scene.events(ended.plan_id)) == 2 * STEPS + 3


async def test_a_fan_out_of_ten_thousand_steps_runs_at_once_and_joins(scene: Scene) -> None:
    middle = [tool(f"s{at}", "root") for at in range(STEPS)]
    steps = [tool("root"), *middle, tool("join", *(step["id"] for step in middle))]
    tools = ScriptedTools(default=1)
    settings = PlanSettings(max_parallel_steps=STEPS)
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*steps, settings=settings))
        assert (ended.success, ended.completed_steps) == (True, STEPS + 2)
        assert (await mp.replay(ended.plan_id)).equal
    assert sorted(call.step for call in tools.calls) == sorted(step["id"] for step in steps)
    assert len(scene.events(ended.plan_id)) == 2 * (STEPS + 2) + 3
