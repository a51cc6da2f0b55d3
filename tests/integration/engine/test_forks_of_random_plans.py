"""Forks of random plans that failed and undid their steps come to what was foretold of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.ids import undone_path
from milepost.domain.plans import PlanSpec
from milepost.engine.tooling import ToolCall
from milepost.engine.what_if import WhatIf
from milepost.facade import Milepost
from milepost.testing import ScriptedTools, fails
from milepost.testing.virtual_time import run_virtual
from tests.unit.engine.travel import each_tool, result_at, travelled_plans
from tests.unit.engine.written_plans import WrittenPlan

from .scene import Scene

Choose = Callable[[Milepost, str], Awaitable[dict[str, Any]]]


@st.composite
def undone_plans(draw: st.DrawFn) -> WrittenPlan:
    """Plans that stop at a step which fails for good, all of whose other tools can be undone."""
    plan = draw(travelled_plans())
    plan.settings["stop_on_first_failure"] = True
    tools = each_tool(plan.steps)
    failing = draw(st.sampled_from(tools))["id"] if tools else ""
    plan.failures[failing] = 99
    for step in tools:
        if step["id"] != failing:
            step["compensate"] = {"tool": "undo", "input": {"id": f"${{{step['id']}.output}}"}}
    return plan


def lucky(plan: WrittenPlan) -> ScriptedTools:
    """Return tools that fail as the plan's luck has it, until it has none that is bad."""

    def work(call: ToolCall) -> Any:
        name = call.step.rpartition(".")[2]
        if call.attempt <= plan.failures.get(name, 0):
            raise fails(retryable=name not in plan.fatal)
        return result_at(call.step)

    return ScriptedTools(default=work)


async def foretold(mp: Milepost, parent: str, **moment: Any) -> WhatIf:
    """Return what is foretold of a fork when every step that is to run gives its result."""
    suppose: dict[str, Any] = {}
    while True:
        thought = await mp.what_if(parent, suppose=suppose, **moment)
        to_run = [one.path for one in thought.to_run if undone_path(one.path) is None]
        if not to_run:
            return thought
        suppose |= {path: result_at(path) for path in to_run}


async def compared(plan: WrittenPlan, choose: Choose) -> None:
    """Carry a plan out, then fork it as chosen, when its tools have no bad luck any more."""
    tools = lucky(plan)
    spec = PlanSpec.model_validate({"steps": plan.steps, "settings": plan.settings})
    async with Scene().engine(tools) as mp:
        parent = (await mp.run(spec)).plan_id
        moment = await choose(mp, parent)
        plan.failures.clear()
        thought = await foretold(mp, parent, **moment)
        tools.calls.clear()
        fork = await mp.wait(await mp.fork(parent, **moment))
        called = {call.step for call in tools.calls}
        undone = {path for path in called if undone_path(path) is not None}
        if fork.status != "failed":  # one that fails may have had more under way than is foretold
            assert called - undone == set(thought.supposed)
        assert {one.path for one in thought.to_run} <= undone
        assert (await mp.replay(fork.plan_id)).equal
        if not undone:
            assert fork.model_copy(update={"plan_id": parent, "duration": 0}) == (
                thought.result.model_copy(update={"duration": 0})
            )


@given(undone_plans(), st.booleans())
def test_a_fork_of_an_undone_plan_comes_to_what_was_foretold(
    plan: WrittenPlan, mends: bool
) -> None:
    async def present(mp: Milepost, parent: str) -> dict[str, Any]:
        steps = (await mp.steps(parent, limit=500)).items
        failed = [one.path for one in steps if one.status == "failed"]
        return {"replace": dict.fromkeys(failed, "given") if mends else {}}

    run_virtual(compared, plan, present)


@given(undone_plans(), st.integers(0, 200))
def test_a_fork_of_an_earlier_moment_comes_to_what_was_foretold(
    plan: WrittenPlan, place: int
) -> None:
    async def past(mp: Milepost, parent: str) -> dict[str, Any]:
        history = (await mp.history(parent, limit=500)).items
        return {"at": history[place % len(history)].position}

    run_virtual(compared, plan, past)
