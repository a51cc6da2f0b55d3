"""Recovery as a plan's settings say it: row K9.

The plan fails in its second step, once. Nothing but its settings says how it goes on.
"""

from __future__ import annotations

from typing import Any

import pytest

from milepost import Milepost, PlanResult, PlanStatus
from milepost.adapters.planners import ScriptedPlanner
from milepost.domain.errors import PlanningError, RefusedError
from milepost.domain.replanning import RevisionStrategy
from milepost.engine.planner import Proposal
from milepost.projections.reader import PlanFilter

from .workbench import Story, Workbench, flow, step, told, virtually

CALLS = {
    "resume": ["a", "b", "b", "c"],
    "restart": ["a", "b", "a", "b", "c"],
    "skip": ["a", "b", "c"],
    "replan": ["a", "b", "b", "c"],
    "abort": ["a", "b"],
}
"""The calls of the failed run and those after it, by strategy."""


def failing(*, tool: str = "work", **recovery: Any) -> dict[str, Any]:
    """Return a plan that fails in its second step, once, with that recovery policy."""
    first = step("a", tool=tool)
    steps = (first, step("b", "a", fails="x", times=1), step("c", "b"))
    return flow(*steps, name="trip", recovery=recovery or None, replan={})


def planner() -> ScriptedPlanner:
    """Return a planner that knows nothing at first, so that the plan fails, and then a way."""
    again = Proposal(RevisionStrategy.RETRY, "it may work by now", again=["b"])
    return ScriptedPlanner(PlanningError("no way is known"), again)


def recovered(workflow: dict[str, Any], bench: Workbench, **how: Any) -> Story:
    """Run a plan that fails, recover it, and return all that can be read of it."""
    found: list[Story] = []

    async def script(opened: Milepost) -> None:
        failed = await opened.run(workflow)
        assert failed.status is PlanStatus.FAILED
        strategy = await opened.recover(failed.plan_id, **how)
        result = await opened.wait(failed.plan_id)
        assert (await opened.replay(failed.plan_id)).difference is None
        story = await told(opened, result)
        assert story.event("plan.recovered").data["strategy"] == strategy
        found.append(story)

    virtually(script, bench=bench, planner=planner())
    return found[0]


@pytest.mark.parametrize("strategy", CALLS)
def test_a_failed_plan_goes_on_as_its_settings_say(strategy: str) -> None:
    bench = Workbench()
    story = recovered(failing(strategy=strategy), bench)

    assert story.event("plan.recovered").data["strategy"] == strategy
    assert bench.calls == CALLS[strategy]
    ends = {"abort": "cancelled"}
    assert story.result.status == ends.get(strategy, "completed")
    assert story.plan.revision == (2 if strategy == "replan" else 1)
    assert (story["b"].status == "skipped") == (strategy == "skip")


def test_a_plan_whose_settings_say_nothing_runs_again_what_failed() -> None:
    bench = Workbench()
    story = recovered(failing(), bench)

    assert story.event("plan.recovered").data["strategy"] == "resume"
    assert bench.calls == CALLS["resume"]


def test_what_is_asked_for_goes_before_what_the_settings_say() -> None:
    bench = Workbench()
    story = recovered(failing(strategy="abort"), bench, strategy="skip")

    assert story.event("plan.recovered").data["strategy"] == "skip"
    assert bench.calls == CALLS["skip"]


def test_the_settings_of_a_corrected_plan_hold_when_one_is_given() -> None:
    bench = Workbench()
    corrected = failing(strategy="skip")
    story = recovered(failing(strategy="restart"), bench, plan=corrected)

    assert story.event("plan.recovered").data["strategy"] == "skip"
    assert bench.calls == CALLS["skip"]


def test_each_of_many_plans_goes_on_as_its_own_settings_say() -> None:
    bench = Workbench()
    found: dict[str, tuple[PlanResult, str]] = {}

    async def script(opened: Milepost) -> None:
        plans = {}
        for strategy in ("resume", "skip", "abort"):
            bench.calls.clear()
            failed = await opened.run(failing(strategy=strategy))
            plans[failed.plan_id] = strategy
        for result in (await opened.recover_all(PlanFilter(name="trip"))).results:
            page = await opened.history(result.plan_id, kinds=["plan.recovered"])
            done = str(page.items[0].data["strategy"])
            found[plans[result.plan_id]] = (result, done)

    virtually(script, bench=bench, planner=ScriptedPlanner(PlanningError("no way is known")))
    assert {name: done for name, (_result, done) in found.items()} == {
        name: name for name in ("resume", "skip", "abort")
    }
    completed = {name: result.completed_steps for name, (result, _done) in found.items()}
    assert completed == {"resume": 3, "skip": 2, "abort": 1}
    assert found["abort"][0].status is PlanStatus.CANCELLED


@pytest.mark.parametrize(
    ("effects", "calls"),
    [("accept", CALLS["restart"]), ("refuse", ["a", "b"])],
)
def test_the_settings_say_what_becomes_of_finished_effects(effects: str, calls: list[str]) -> None:
    bench = Workbench()
    workflow = failing(tool="write", strategy="restart", effects=effects)
    refused = []

    async def script(opened: Milepost) -> None:
        failed = await opened.run(workflow)
        try:
            await opened.recover(failed.plan_id)
        except RefusedError as error:
            refused.append(str(error))
        await opened.wait(failed.plan_id)

    virtually(script, bench=bench, planner=ScriptedPlanner(PlanningError("none")))
    assert bench.calls == calls
    assert ["may have changed the world" in one for one in refused] == [True] * (
        effects == "refuse"
    )


def test_a_plan_is_not_given_up_and_corrected_at_once() -> None:
    async def script(opened: Milepost) -> None:
        failed = await opened.run(failing(strategy="abort"))
        before = (await opened.plan(failed.plan_id)).position
        with pytest.raises(RefusedError, match="`abort` gives it up, so no other plan"):
            await opened.recover(failed.plan_id, plan=failing(strategy="abort"))
        assert (await opened.plan(failed.plan_id)).position == before

    virtually(script, planner=planner())


def test_resuming_is_for_plans_that_have_not_ended_whatever_their_settings() -> None:
    async def script(opened: Milepost) -> None:
        failed = await opened.run(failing(strategy="restart"))
        with pytest.raises(RefusedError, match=f"`milepost recover {failed.plan_id}`"):
            await opened.resume(failed.plan_id)
        assert await opened.resume() == []

    virtually(script, planner=planner())


def test_a_failed_step_may_be_named_without_the_number_of_its_case() -> None:
    bench = Workbench()
    pay = step("pay", fails="x", times=1)
    route = {"id": "route", "type": "branch", "cases": [{"else": True, "steps": [pay]}]}
    story = recovered(flow(route, step("c", "route")), bench, steps=["route.pay", "route[0].pay"])
    assert story.event("plan.recovered").data["steps"] == ["route[0].pay"]
    assert bench.calls == ["route[0].pay", "route[0].pay", "c"]
