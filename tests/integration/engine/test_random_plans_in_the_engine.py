"""Random plans through the whole engine, tools of random slowness, engines that go away.

On a clock that jumps the slowness costs nothing, so attempts overlap as they would.
"""

from __future__ import annotations

import random
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.course import content_of
from milepost.domain.plans import PlanSpec
from milepost.engine.replay import replay
from milepost.engine.tooling import ToolCall
from milepost.testing import ScriptedTools, fails
from milepost.testing.virtual_time import run_virtual
from tests.unit.engine.core_run import EXPRESSIONS, stored
from tests.unit.engine.referee import judged_afterwards
from tests.unit.engine.test_recovery_of_random_plans import ran_again
from tests.unit.engine.written_plans import WrittenPlan, written_plans

from .scene import Scene

CRASHES = st.lists(st.floats(0.01, 6), max_size=3)


def sluggish(plan: WrittenPlan, seed: int) -> ScriptedTools:
    """Return tools that take up to three seconds and fail as the plan's luck has it."""
    luck = random.Random(seed)  # noqa: S311 - nothing secret

    async def work(call: ToolCall) -> Any:
        await anyio.sleep(luck.choice([0, 1, 1, 2, 3]))
        name = call.step.rpartition(".")[2]
        if call.attempt <= plan.failures.get(name, 0):
            raise fails(retryable=name not in plan.fatal)
        return [call.step, call.attempt]

    return ScriptedTools(default=work)


async def carried_out(
    scene: Scene, plan: WrittenPlan, tools: ScriptedTools, crashes: list[float]
) -> str:
    """Start a plan, take its engine away at some times, and carry it on to its end."""
    spec = PlanSpec.model_validate({"steps": plan.steps, "settings": plan.settings})
    plan_id = ""
    for life in [*crashes, 100_000]:
        with anyio.move_on_after(life):
            async with scene.engine(tools) as mp:
                if not plan_id:
                    plan_id = await mp.start(spec)
                else:
                    await mp.resume()
                await mp.wait(plan_id)
    return plan_id


def judge(scene: Scene, plan: WrittenPlan, plan_id: str) -> None:
    events = scene.events(plan_id)
    referee = judged_afterwards(plan.steps, plan.settings, events)
    assert referee.plan in ("completed", "failed")
    assert ran_again(events) == []
    spec = PlanSpec.model_validate({"steps": plan.steps, "settings": plan.settings})
    from milepost.engine.core import compile_plan

    contents = {content_of(events): compile_plan(spec, EXPRESSIONS)}
    assert replay(plan_id, stored(events), contents).difference is None


@given(written_plans(), st.integers(0, 1000), CRASHES)
def test_every_event_is_allowed_whatever_the_slowness_and_the_crashes(
    plan: WrittenPlan, seed: int, crashes: list[float]
) -> None:
    scene = Scene()
    tools = sluggish(plan, seed)
    judge(scene, plan, run_virtual(carried_out, scene, plan, tools, crashes, backend="trio"))


@settings(max_examples=15)
@given(written_plans(), st.integers(0, 1000), CRASHES)
def test_every_event_is_allowed_under_asyncio(
    plan: WrittenPlan, seed: int, crashes: list[float]
) -> None:
    scene = Scene()
    tools = sluggish(plan, seed)
    judge(scene, plan, run_virtual(carried_out, scene, plan, tools, crashes))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("place", range(3))
def test_an_engine_that_goes_away_at_once_loses_nothing(place: int, backend: str) -> None:
    steps = [
        {"id": f"s{number}", "kind": "tool", "tool": "work", "input": {}} for number in range(3)
    ]
    plan = WrittenPlan(steps, {"max_parallel_steps": 2})
    scene, tools = Scene(), sluggish(plan, place)
    crashes = [0.5] * place
    judge(scene, plan, run_virtual(carried_out, scene, plan, tools, crashes, backend=backend))
