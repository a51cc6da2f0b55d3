"""What is told of a run beside its plan."""

from milepost.projections.against_plan import RunDiff
from milepost.testing import ScriptedTools, after, engine, run_virtual

CHAIN = """
steps:
  - {id: a, tool: work}
  - {id: b, tool: work, depends_on: [a], input: {from: "${a.output}"}}
"""


def test_a_step_whose_result_was_taken_over_was_not_run() -> None:
    async def told() -> RunDiff:
        async with engine(ScriptedTools(default=after(3, 1))) as opened:
            plan = (await opened.run(CHAIN)).plan_id
            fork = await opened.fork(plan, replace={"a": 2})
            await opened.wait(fork)
            return await opened.run_diff(fork)

    found = run_virtual(told)
    steps = {step.path: (step.runs, step.adopted) for step in found.steps}
    assert steps == {"a": (0, 1), "b": (1, 0)}
    assert found.steps[0].took is None
    assert found.not_run == ()
