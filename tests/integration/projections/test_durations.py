"""How long a plan ran: one answer, whoever is asked."""

import anyio

from milepost.testing import ScriptedTools, after, engine, fails, run_virtual

CHAIN = """
settings: {stop_on_first_failure: true}
steps:
  - {id: a, tool: work}
  - {id: fails, tool: work, depends_on: [a]}
"""


def test_the_time_between_epochs_counts_in_no_view() -> None:
    async def told() -> set[float]:
        async with engine(ScriptedTools({"fails": fails()}, default=after(3))) as opened:
            plan = (await opened.run(CHAIN)).plan_id
            await anyio.sleep(100)
            await opened.recover(plan)
            result = await opened.wait(plan)
            seen = (
                result.duration,
                (await opened.plan(plan)).actual_duration,
                (await opened.plans()).items[0].actual_duration,
                (await opened.report(plan)).total,
                (await opened.timeline(plan)).total,
                (await opened.run_diff(plan)).took,
            )
        return {one.total_seconds() for one in seen if one is not None}

    assert run_virtual(told) == {3}
