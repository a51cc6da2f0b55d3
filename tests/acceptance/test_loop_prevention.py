"""Plans that go round in circles: rows O1 to O4, O6, O7."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from milepost import Milepost, PlanStatus
from milepost.adapters.planners import ScriptedPlanner
from milepost.domain.replanning import RevisionStrategy
from milepost.domain.revisions import AddStep
from milepost.domain.steps import StepSpec
from milepost.engine.planner import Proposal, ReplanRequest

from .workbench import Story, carried_out, flow, step, told, virtually

OFF = {"max_repeats": None, "state_repeats": None}


def circle(*steps: dict[str, Any], **loops: Any) -> dict[str, Any]:
    """Return a plan that would go round a thousand times."""
    rounds = {"id": "again", "type": "loop", "while": "true", "steps": list(steps)}
    return flow(rounds, loops=OFF | loops)


def detected(story: Story) -> dict[str, Any]:
    return dict(story.event("plan.loop_detected").data)


def test_a_repeating_sequence_is_reported_with_its_steps_and_how_often() -> None:
    draft = step("draft", gives="${index}")
    review = step("review", gives="${draft.output + 1}")
    story = carried_out(circle(draft, review, pattern_repeats=4))

    assert detected(story)["found"] == "pattern"
    assert detected(story)["steps"] == ["again.draft", "again.review"]
    assert detected(story)["count"] == 4
    assert story.order("step.started").count("again[3].review") == 1
    assert "again[4].draft" not in story.order("step.started")


def test_the_same_step_with_the_same_input_is_stopped_with_the_count() -> None:
    story = carried_out(circle(step("ask", gives="what?"), max_repeats=5))

    assert (detected(story)["found"], detected(story)["count"]) == ("repetition", 6)
    assert len([path for path in story.order("step.started") if path != "again"]) == 5
    assert (story.result.status, story.result.reason) == (PlanStatus.FAILED, "loop")
    assert "start for the 6th time with the same input" in str(story.result.error_message)


def test_coming_back_to_the_same_state_is_reported_with_both_events() -> None:
    turn = step("turn", gives="${index % 3}")
    story = carried_out(circle(turn, state_repeats=0))

    first, second = detected(story)["evidence"]
    ids = [event.id for event in story.events]
    assert ids.index(first) < ids.index(second) < ids.index(story.event("plan.loop_detected").id)
    outputs = {event.id: event.data.get("output") for event in story.events}
    assert outputs[first] == outputs[second] == 0


def test_tokens_that_bring_nothing_new_are_reported_with_how_many() -> None:
    ask = {"id": "ask", "type": "llm", "prompt": "anything new"}
    story = carried_out(
        circle(ask, max_spend_without_progress=20),
        rules=[{"contains": "anything new", "answer": "no news today"}],
    )

    assert detected(story)["found"] == "spend"
    assert detected(story)["count"] > detected(story)["allowed"] == 20


@pytest.mark.parametrize("on_loop", ["stop", "pause"])
def test_what_follows_is_as_the_plan_says(on_loop: str) -> None:
    story = carried_out(circle(step("ask"), max_repeats=3, on_loop=on_loop))

    wanted = {"stop": PlanStatus.FAILED, "pause": PlanStatus.PAUSED}
    assert story.result.status is wanted[on_loop]


def test_a_circle_may_lead_to_another_plan() -> None:
    workflow = circle(step("ask"), max_repeats=3, on_loop="replan")
    workflow["settings"]["replan"] = {}
    workflow["fallback"] = [step("guess", gives="a guess")]
    story = carried_out(workflow)

    assert story.result.final_output == "a guess"
    assert story.event("plan.revised").data["trigger"] == "unexpected"


@pytest.mark.parametrize("kind", ["planner", "simple"])
def test_a_planner_without_end_ends_within_the_limits(kind: str) -> None:
    """The planner always has one more idea; what it adds fails like all before."""

    def one_more(request: ReplanRequest) -> Proposal:
        number = len(request.history) + 1
        again = [request.failed] if request.failed else []
        more = StepSpec.model_validate(step(f"idea{number}", fails="x") | {"kind": "tool"})
        edits = [AddStep(step=more)]
        return Proposal(RevisionStrategy.PARTIAL, "one more", edits=edits, again=again)

    found: list[Story] = []
    planner = ScriptedPlanner(one_more)

    async def script(opened: Milepost) -> None:
        workflow = flow(step("a", fails="x"), type=kind, max_replans=4, replan={"on_limit": "fail"})
        result = await opened.run(workflow)
        assert (await opened.replay(result.plan_id)).equal
        found.append(await told(opened, result))

    virtually(script, planner=planner)
    assert (found[0].result.status, found[0].result.reason) == (PlanStatus.FAILED, "max_replans")
    assert len(planner.requests) == 4


@pytest.mark.parametrize("limit", [{"max_execution_time": "30s"}, {"max_steps": 40}])
def test_a_simple_run_without_end_is_guarded_by_time_and_by_how_often_it_runs(
    limit: dict[str, Any],
) -> None:
    again = {"id": "again", "type": "loop", "while": "true", "steps": [step("x", takes=1)]}
    story = carried_out(flow(again, type="simple", **limit))

    assert story.result.reason == next(iter(limit))
    assert len(story.order("step.started")) <= 41


def test_a_planner_that_never_answers_is_ended_by_the_plans_time() -> None:
    class Silent:
        name = "silent"

        async def plan(self, request: ReplanRequest) -> Proposal:
            await anyio.sleep_forever()
            raise AssertionError(request)

    found: list[Story] = []

    async def script(opened: Milepost) -> None:
        workflow = flow(step("a", fails="x"), max_execution_time="1m", replan={})
        found.append(await told(opened, await opened.run(workflow)))

    virtually(script, planner=Silent())
    assert (found[0].result.reason, found[0].result.duration.total_seconds()) == (
        "max_execution_time",
        60,
    )


def test_a_cancelled_plan_waits_for_no_planner() -> None:
    class Slow:
        name = "slow"

        async def plan(self, request: ReplanRequest) -> Proposal:
            await anyio.sleep(1000)
            raise AssertionError(request)

    async def script(opened: Milepost) -> None:
        plan = await opened.start(flow(step("a", fails="x"), replan={}))
        await anyio.sleep(1)
        await opened.cancel(plan)
        assert (await opened.wait(plan)).status is PlanStatus.CANCELLED

    virtually(script, planner=Slow())
