"""What is learnt from plans that really ran."""

from pathlib import Path

import anyio
import pytest

import milepost
from milepost.domain.errors import UnknownNameError
from milepost.projections.reader import PlanFilter
from milepost.testing import (
    Failure,
    History,
    ScriptedTools,
    after,
    attempts,
    engine,
    fails,
    run_virtual,
    simulate,
    virtual_world,
)

from .flows import SALES, flow, question, tool

TOOLS = ScriptedTools(
    {
        "load": attempts(after(3, fails("busy", retryable=True)), after(4, {"rows": ["a", "b"]})),
        "send": after(2, "sent"),
        "draw": attempts(after(90, "late"), "late"),
    }
)


def learnt(plan: object = SALES, *, times: int = 1) -> History:
    async def main() -> History:
        async with engine(TOOLS, world=virtual_world(1)) as opened:
            for _run in range(times):
                await opened.run(plan)  # type: ignore[arg-type]
            return await History.of(opened, PlanFilter(name="flow"))

    return run_virtual(main)


def test_every_attempt_is_a_sample_by_step_and_by_tool() -> None:
    history = learnt(times=2)
    assert history.plans == 2
    load = history.by_step["load"]
    assert [(one.seconds, one.failure) for one in load[:2]] == [(3, Failure("busy")), (4, None)]
    assert load[1].output == {"rows": ["a", "b"]}
    assert len(load) == 4
    assert {one.seconds for one in history.by_step["each.send"]} == {2}
    assert len(history.by_tool["send.tool"]) == 4


def test_an_attempt_that_ran_out_of_time_took_that_time() -> None:
    [draw] = learnt().by_step["draw"]
    assert (draw.seconds, draw.failure) == (60, Failure("timeout"))


def test_a_simulation_draws_from_it() -> None:
    history = learnt()
    drawn = [simulate(SALES, history=history, seed=seed) for seed in range(20)]
    assert any(one.events[3].kind == "step.retrying.v1" for one in drawn)
    assert any(one.events[3].kind == "step.completed.v1" for one in drawn)
    assert drawn[0] == simulate(SALES, history=history, seed=0)


def test_a_persons_answer_and_patience_are_learnt_too() -> None:
    plan = flow(question("ok"))

    async def main() -> History:
        async with engine(ScriptedTools()) as opened:
            result = await opened.run(plan)
            await anyio.sleep(120)
            await opened.answer(result.plan_id, "ok", value="yes")
            return await History.of(opened)

    history = run_virtual(main)
    [answer] = history.by_step["ok"]
    assert (round(answer.seconds), answer.output) == (120, "yes")
    assert simulate(plan, history=history).result.final_output == "yes"


def test_a_store_without_such_plans_is_told() -> None:
    with pytest.raises(UnknownNameError, match="no plan has run that could be learnt from"):
        learnt(flow(tool("a"), name="other"))


@pytest.mark.anyio
async def test_a_file_is_learnt_from_and_large_outputs_are_whole(tmp_path: Path) -> None:
    @milepost.tool(name="big.tool", effect="read")
    async def big() -> str:
        return "x" * 100_000

    async with milepost.open(tmp_path / "plans.db", tools=[big]) as opened:
        await opened.run(flow(tool("big")))
        history = await History.of(await opened.reader())
    assert history.by_step["big"][0].output == "x" * 100_000
