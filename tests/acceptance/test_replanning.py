"""Replanning: rows M1 to M4, M9, K1, K3, K9, K12, AF7, AF14.

Each run is one story: what called for another plan, what the planner proposed, and what the
record says of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from milepost import Milepost, PlanResult, PlanSpec, PlanStatus
from milepost.adapters.planners import ScriptedPlanner
from milepost.domain.errors import PlanningError, RefusedError
from milepost.domain.replanning import RevisionStrategy
from milepost.domain.revisions import AddStep, ChangeStep
from milepost.domain.steps import StepSpec
from milepost.engine.planner import Proposal, ReplanRequest

from .workbench import Story, Workbench, carried_out, flow, step, told, virtually

OTHER = [{"tool": "write", "input": {"gives": "another way"}}]
STAGES = ["assess", "analyse", "plan", "make", "merge", "resume"]


def replanned(**policy: Any) -> dict[str, Any]:
    """Return the settings of a plan that is replanned."""
    return {"replan": policy}


def story_of(
    workflow: dict[str, Any],
    during: Callable[[Milepost, str], Any] | None = None,
    **more: Any,
) -> Story:
    """Run a plan, do something while it runs, and return all that can be read of it."""
    found: list[Story] = []

    async def script(opened: Milepost) -> None:
        plan = await opened.start(workflow)
        if during is not None:
            await during(opened, plan)
        result = await opened.wait(plan)
        assert (await opened.replay(plan)).difference is None
        found.append(await told(opened, result))

    virtually(script, **more)
    return found[0]


def revision(story: Story) -> dict[str, Any]:
    """Return what the only revision says of itself."""
    return dict(story.event("plan.revised").data)


async def ask_for_another(opened: Milepost, plan: str) -> None:
    await opened.replan(plan, step="b", feedback="not that tool", why="b is too dear", who="ada")


async def take_resources_away(opened: Milepost, plan: str) -> None:
    await opened.replan(plan, trigger="resources", resources={"gpu": 1}, who="ada")


TRIGGERS: dict[str, tuple[dict[str, Any], Any]] = {
    "failure": (flow(step("b", fails="x", times=1), **replanned()), None),
    "timeout": (flow(step("b", takes=9, timeout="1s", alternatives=OTHER), **replanned()), None),
    "unexpected": (
        flow(step("b", gives=[], expect="size(b.output) > 0", alternatives=OTHER), **replanned()),
        None,
    ),
    "user": (
        flow(step("a", takes=5), step("b", "a", alternatives=OTHER), **replanned()),
        ask_for_another,
    ),
    "resources": (
        flow(
            step("a", takes=5),
            *[step(name, "a", takes=1, resources={"gpu": 1}) for name in ("b", "c")],
            resources={"gpu": 2},
            **replanned(),
        ),
        take_resources_away,
    ),
}


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_plan_is_replanned_for_each_reason_and_the_revision_names_it(trigger: str) -> None:
    workflow, during = TRIGGERS[trigger]
    story = story_of(workflow, during)

    assert story.result.success
    assert revision(story)["trigger"] == trigger
    assert story.event("plan.replan_begun").data["trigger"] == trigger
    assert revision(story)["evidence"][0] == story.event("plan.replan_begun").id


def test_less_of_a_resource_is_kept_to_from_then_on() -> None:
    story = story_of(*TRIGGERS["resources"])

    assert story.plan.spec.settings.resources == {"gpu": 1}
    assert story.timeline.most_at_once == 1


FALLBACK = [step("cheap", gives="the cheap answer")]
DOWN = {"fails": "x", "takes": 1}
STRATEGIES: dict[str, dict[str, Any]] = {
    "retry": flow(step("a"), step("b", "a", gives=2, times=1, **DOWN), **replanned()),
    "alternative": flow(step("a"), step("b", "a", alternatives=OTHER, **DOWN), **replanned()),
    "partial": flow(step("a"), step("b", "a", **DOWN), step("c", "a", takes=2), **replanned()),
    "complete": flow(step("a"), step("b", "a", **DOWN), fallback=FALLBACK, **replanned()),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_leads_on(strategy: str) -> None:
    policy = {"strategies": [strategy]}
    workflow = STRATEGIES[strategy]
    workflow = workflow | {"settings": workflow["settings"] | {"replan": policy}}
    bench = Workbench()
    story = story_of(workflow, bench=bench)

    assert story.result.success, story.result.error_message
    assert revision(story)["strategy"] == strategy
    assert bench.calls.count("a") == 1, "what is finished is not run again"
    assert bench.calls.count("b") == {"partial": 1, "complete": 1}.get(strategy, 2)


def test_a_retry_is_the_same_step_again_and_another_way_is_another_call() -> None:
    again = story_of(STRATEGIES["retry"])
    assert (again["b"].output, revision(again)["content"]) == (2, first_content(again))

    other = story_of(
        STRATEGIES["alternative"] | {"settings": replanned(strategies=["alternative"])}
    )
    assert other["b"].output == "another way"
    assert other.plan.spec.steps[1].tool == "write"


def first_content(story: Story) -> Any:
    return story.event("plan.drafted").data["content"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"tool": "write", "input": {"gives": 1}}, "calls 'write' instead of 'work'"),
        (
            {"tool": "work", "input": {"gives": 1, "takes": 1}},
            "calls 'work' with another input: `fails`, `gives`",
        ),
        ({"tool": "work"}, "calls 'work' once more, as its next alternative says"),
    ],
)
def test_the_reason_of_another_way_says_what_is_new_about_it(
    other: dict[str, Any], said: str
) -> None:
    first = step("b", alternatives=[other], times=1, **DOWN) | {"input": {"fails": "x", "takes": 1}}
    story = story_of(flow(first, **replanned(strategies=["alternative"])))

    assert revision(story)["why"] == f"step 'b' {said}"


def test_a_plan_goes_on_without_a_part_that_its_results_do_not_need() -> None:
    story = story_of(STRATEGIES["partial"] | {"settings": replanned(strategies=["partial"])})

    assert [one.id for one in story.plan.spec.steps] == ["a", "c"]
    assert "without 'b'" in revision(story)["why"]


def test_a_part_that_the_answer_needs_is_not_left_out() -> None:
    answer = {"id": "r", "type": "response", "text": "${b.output}"}
    workflow = flow(step("b", fails="x"), answer, **replanned(strategies=["partial"]))
    story = story_of(workflow)

    assert story.result.status is PlanStatus.FAILED
    assert "ends with 'r', which needs it" in story.event("plan.replan_failed").data["why"]


def test_the_history_of_a_replan_shows_six_stages_with_what_went_in_and_came_out() -> None:
    story = story_of(STRATEGIES["retry"])
    stages = [one for one in story.decisions if one.what.startswith("replan.")]

    assert [one.what for one in stages] == [f"replan.{name}" for name in STAGES]
    assert all(one.inputs and one.chosen for one in stages)
    assess, analyse, plan, make, merge, resume = (one.chosen for one in stages)
    assert assess["steps"] == {"completed": 1, "failed": 1}
    assert (analyse["code"], analyse["tool"]) == ("x", "work")
    assert plan["strategy"] == "retry"
    assert make["steps"] == 2
    assert merge == {"kept": 1, "reset": ["b"], "removed": []}
    assert resume == {"revision": 2}


def test_the_fallback_runs_when_nothing_else_is_left_and_is_linked_to_the_failure() -> None:
    story = story_of(STRATEGIES["complete"] | {"settings": replanned(strategies=["complete"])})

    assert story.result.final_output == "the cheap answer"
    assert [one.id for one in story.plan.spec.steps] == ["a", "cheap"]
    failed = next(one for one in story.events if one.kind == "step.failed.v1")
    assert failed.id in revision(story)["evidence"]


def test_a_fallback_may_be_a_published_workflow() -> None:
    found: list[PlanResult] = []

    async def script(opened: Milepost) -> None:
        await opened.publish({"name": "plain", "version": "2", "steps": FALLBACK})
        workflow = flow(step("b", fails="x"), fallback="plain@2", **replanned())
        found.append(await opened.run(workflow))

    virtually(script)
    assert found[0].final_output == "the cheap answer"


def test_a_fallback_that_is_not_published_is_told_where_the_plan_fails() -> None:
    story = story_of(flow(step("b", fails="x", retry=None), fallback="gone@1", **replanned()))

    assert story.result.status is PlanStatus.FAILED
    assert "gone@1" in story.event("plan.replan_failed").data["why"]


def test_after_repeated_trouble_with_one_tool_the_order_of_strategies_changes() -> None:
    workflow = flow(
        step("a", fails="x", times=1),
        step("b", "a", fails="x", alternatives=OTHER),
        **replanned(),
    )
    story = story_of(workflow)

    assert story.result.success
    assert [
        event.data["strategy"] for event in story.events if event.kind == "plan.revised.v1"
    ] == ["retry", "alternative"]
    [choice] = [one for one in story.decisions if one.what == "replan.strategy"]
    assert choice.chosen == ["alternative", "partial", "complete", "retry"]
    assert "made trouble 2 times" in choice.why
    assert choice.alternatives == (["retry", "alternative", "partial", "complete"],)


def test_no_plan_is_an_error_of_its_own_kind_in_the_record() -> None:
    planner = ScriptedPlanner(PlanningError("no way is known"))
    story = story_of(flow(step("a", fails="x"), **replanned()), planner=planner)

    assert story.result.status is PlanStatus.FAILED
    error = story.event("plan.replan_failed").data["error"]
    assert (error["kind"], error["message"]) == ("planning", "no way is known")


def test_a_planner_that_breaks_does_not_take_the_plan_with_it() -> None:
    planner = ScriptedPlanner(ZeroDivisionError("oh"))
    story = story_of(flow(step("a", fails="x"), **replanned()), planner=planner)

    error = story.event("plan.replan_failed").data["error"]
    assert error["message"] == "the planner failed: ZeroDivisionError: oh"
    assert error["cause"]["stack"]


def test_a_proposal_that_cannot_be_is_told_to_the_planner_which_finds_another() -> None:
    bad = Proposal(
        RevisionStrategy.ALTERNATIVE, "no", edits=[ChangeStep(path="b", fields={"tool": "gone"})]
    )
    touches = Proposal(
        RevisionStrategy.PARTIAL, "no", edits=[ChangeStep(path="a", fields={"tool": "write"})]
    )
    good = Proposal(
        RevisionStrategy.ALTERNATIVE, "yes", edits=[ChangeStep(path="b", fields={"input": {}})]
    )
    planner = ScriptedPlanner(bad, touches, good)
    story = story_of(flow(step("a"), step("b", "a", fails="x"), **replanned()), planner=planner)

    assert story.result.success
    whys = [refused.why for refused in planner.requests[-1].refused]
    assert "gone" in whys[0]
    assert whys[1] == (
        "step 'a' has completed and cannot be changed; leave it as it is, or roll the plan back"
    )
    refusals = [one for one in story.decisions if one.chosen == "refused"]
    assert [one.why for one in refusals] == whys


def test_a_planner_sees_what_is_finished_and_what_was_tried_before() -> None:
    retry = Proposal(RevisionStrategy.RETRY, "again", again=["b"])
    planner = ScriptedPlanner(retry, retry)
    story_of(
        flow(step("a", gives=[1]), step("b", "a", fails="x", times=2), **replanned()),
        planner=planner,
    )

    first, second = planner.requests
    assert first.steps["a"].output == [1]
    assert (first.step, first.trigger, first.history) == ("b", "failure", ())
    [earlier] = second.history
    assert (earlier.strategy, earlier.why, earlier.step) == ("retry", "again", "b")
    assert second.analysis["seen_before"] == 1


def test_after_the_limit_the_run_waits_for_a_person_who_gives_it_a_plan() -> None:
    retry = Proposal(RevisionStrategy.RETRY, "again", again=["b"])
    found: list[Story] = []

    async def script(opened: Milepost) -> None:
        workflow = flow(step("a"), step("b", "a", fails="x"), max_replans=2, **replanned())
        paused = await opened.run(workflow)
        assert paused.status is PlanStatus.PAUSED
        spec = await opened.content(paused.plan_id)
        mended = spec.steps[1].model_copy(update={"input": {"gives": "by hand"}})
        given = spec.model_copy(update={"steps": (spec.steps[0], mended)})
        await opened.revise(paused.plan_id, PlanSpec.model_validate(given), who="ada", why="mended")
        [result] = await opened.resume(paused.plan_id)
        found.append(await told(opened, result))

    virtually(script, planner=ScriptedPlanner(retry))
    [story] = found
    assert story.result.final_output == "by hand"
    limit = story.event("plan.limit_reached").data
    assert (limit["limit"], limit["allowed"], limit["reached"]) == ("max_replans", 2, 2)
    last = [event for event in story.events if event.kind == "plan.revised.v1"][-1]
    assert (last.actor, last.data["trigger"]) == ("ada", "user")


def test_a_user_has_the_plan_go_another_way_with_what_they_say() -> None:
    def longer(request: ReplanRequest) -> Proposal:
        extra = {"id": "d", "kind": "tool", "tool": "work", "input": {"gives": "more"}}
        extra["depends_on"] = ["b"]
        assert request.analysis["feedback"] == {"depth": 2}
        return Proposal(
            RevisionStrategy.PARTIAL, "more depth", edits=[AddStep(step=StepSpec(**extra))]
        )

    async def during(opened: Milepost, plan: str) -> None:
        await opened.replan(plan, feedback={"depth": 2}, who="ada", why="look deeper")

    workflow = flow(step("a", takes=5), step("b", "a"), **replanned())
    story = story_of(workflow, during, planner=ScriptedPlanner(longer))

    assert story.result.final_output == "more"
    begun = story.event("plan.replan_begun").data
    assert (begun["analysis"]["asked_by"], begun["trigger"]) == ("ada", "user")


def test_a_replan_is_refused_where_the_settings_do_not_have_it() -> None:
    async def during(opened: Milepost, plan: str) -> None:
        with pytest.raises(RefusedError, match="do not have it replanned"):
            await opened.replan(plan)

    assert story_of(flow(step("a", takes=5)), during).result.success


def test_a_part_that_is_lost_does_not_lose_the_finished_rest() -> None:
    parts = {
        "id": "p",
        "type": "parallel",
        "steps": [step("x", gives=1, takes=1), step("y", fails="x"), step("z", gives=3)],
    }
    bench = Workbench()
    workflow = flow(parts, step("report", gives="report"), fallback=FALLBACK, **replanned())
    strategies = replanned(strategies=["complete"])
    story = story_of(workflow | {"settings": strategies}, bench=bench)

    assert story.result.success
    assert (story["p.x"].output, story["p.z"].output) == (1, 3)
    assert bench.calls.count("p.x") == 1
    assert story["p"].status == "skipped", "what is left of it is set aside"


def test_nothing_is_replanned_without_the_setting() -> None:
    story = carried_out(flow(step("b", fails="x", alternatives=OTHER), fallback=FALLBACK))

    assert story.result.status is PlanStatus.FAILED
    assert "plan.replan_begun" not in story.kinds()


def test_a_plan_that_failed_is_recovered_by_replanning() -> None:
    found: list[Story] = []
    retry = Proposal(RevisionStrategy.RETRY, "again", again=["b"])
    planner = ScriptedPlanner(PlanningError("not yet"), retry)

    async def script(opened: Milepost) -> None:
        workflow = flow(step("a"), step("b", "a", fails="x", times=1), **replanned())
        failed = await opened.run(workflow)
        assert failed.status is PlanStatus.FAILED
        await opened.recover(failed.plan_id, strategy="replan")
        found.append(await told(opened, await opened.wait(failed.plan_id)))

    virtually(script, planner=planner)
    assert found[0].result.success
    assert found[0].order("step.started").count("a") == 1
