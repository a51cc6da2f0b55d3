"""How long a plan ran: one answer, whoever is asked."""

from datetime import timedelta

import anyio

from milepost.testing import ScriptedTools, after, engine, fails, run_virtual

CHAIN = """
settings: {stop_on_first_failure: true}
steps:
  - {id: a, tool: work}
  - {id: fails, tool: work, depends_on: [a]}
"""
LONG = """
steps:
  - {id: a, tool: work}
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


def test_what_goes_on_is_counted_up_to_the_same_moment_in_all_views() -> None:
    async def told() -> set[tuple[float, float]]:
        async with engine(ScriptedTools(default=after(100))) as opened:
            plan = await opened.start(LONG)
            await anyio.sleep(1)
            begun = (await opened.plan(plan)).started_at
            assert begun is not None
            now = begun + timedelta(seconds=7)
            shown = await opened.plan(plan, now=now)
            (step,) = (await opened.steps(plan, now=now)).items
            report = await opened.report(plan, now=now)
            timeline = await opened.timeline(plan, now=now)
            seen = {
                (shown.actual_duration, step.ran),
                (shown.result.duration, (await opened.step(plan, "a", now=now)).ran),
                (report.total, report.steps[0].ran),
                (timeline.total, timeline.lanes[0].ran),
            }
        return {
            (plan.total_seconds(), step.total_seconds()) for plan, step in seen if plan and step
        }

    assert run_virtual(told) == {(7, 7)}
