"""Random plans under random faults, simulated, recorded and checked."""

from typing import Any

import anyio
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.plans import PlanSpec
from milepost.testing import (
    ChaosTools,
    Recording,
    ScriptedTools,
    Trial,
    after,
    chaos_run,
    check,
    engine,
    fails,
    record,
    run_virtual,
    simulate,
)
from tests.unit.engine.written_plans import WrittenPlan, written_plans

SEEDS = st.integers(0, 1_000_000)


def spec_of(plan: WrittenPlan) -> PlanSpec:
    return PlanSpec.model_validate({"steps": plan.steps, "settings": plan.settings})


@given(written_plans(), SEEDS)
def test_nothing_goes_wrong_by_faults(plan: WrittenPlan, seed: int) -> None:
    tools = ScriptedTools(default=after(2, lambda call: [call.step, call.attempt]), writes=["work"])
    chances = ChaosTools(tools, errors=0.1, crashes=0.2, delays=(0, 4))
    report = chaos_run(spec_of(plan), chances, seed=seed)
    assert report.problems == ()
    assert report == chaos_run(spec_of(plan), chances, seed=seed)


@given(written_plans(), SEEDS)
def test_a_simulation_is_repeatable(plan: WrittenPlan, seed: int) -> None:
    rules: dict[str, Any] = {"durations": {"*": (0, 5)}, "failures": {"*": 0.2}}
    rules["outputs"] = {"*": lambda trial: [trial.step, trial.attempt]}
    assert simulate(spec_of(plan), seed=seed, **rules) == simulate(
        spec_of(plan), seed=seed, **rules
    )


@given(written_plans(), SEEDS)
def test_what_was_recorded_happens_again(plan: WrittenPlan, seed: int) -> None:
    async def work(call: Any) -> Any:
        luck = Trial(seed, call.step, 0, call.attempt).luck()
        await anyio.sleep(luck.uniform(0, 3))  # of two ends at one instant, either may be first
        if luck.random() < 0.2:
            raise fails("busy", retryable=luck.random() < 0.8)
        return [call.step, call.attempt]

    async def main() -> Recording:
        async with engine(ScriptedTools(default=work)) as opened:
            result = await opened.run(spec_of(plan))
            return await record(opened, result.plan_id)

    recording = run_virtual(main)
    assert check(recording) == []
    assert Recording.model_validate_json(recording.model_dump_json(by_alias=True)) == recording
