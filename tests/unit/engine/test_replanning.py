"""The replan engine in the core: when it asks, what it keeps, and what follows without a plan."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.domain.events import (
    DecisionRecorded,
    PlanFailed,
    PlanRevised,
    ReplanBegun,
    ReplanFailed,
)
from milepost.domain.replanning import RevisionStrategy
from milepost.engine.core import Planned, PlanningChoice

from .core_run import CoreRun, container, told, tool
from .replan_run import ReplanRun

CHAIN = (tool("a"), tool("b", "a"), tool("c", "b"))
QUICK = {"max_attempts": 2, "initial_delay": 1, "jitter": False}


def failed(*steps: Any, settings: dict[str, Any] | None = None) -> ReplanRun:
    """Return a plan whose step `b` failed for good, after `a` gave 1."""
    run = ReplanRun(*(steps or CHAIN), settings=settings)
    run.succeed("a", 1)
    run.fail("b", "down")
    return run


def decisions(run: CoreRun) -> list[DecisionRecorded]:
    return [event for event in run.log if isinstance(event, DecisionRecorded)]


def revised(run: CoreRun) -> PlanRevised:
    [found] = [event for event in run.log if isinstance(event, PlanRevised)]
    return found


def test_without_the_setting_a_failure_ends_the_plan_as_ever() -> None:
    run = CoreRun(*CHAIN)
    run.succeed("a")
    assert told(run.fail("b")) == ["failed b", "plan failed"]


def test_a_final_failure_asks_the_planner_and_starts_nothing_more() -> None:
    run = ReplanRun(*CHAIN, tool("x"), tool("y", "x"))
    run.succeed("a", 1)
    events = run.fail("b", "down")
    assert told(events) == [
        "failed b",
        "plan replan_begun",
        "plan decision_recorded",
        "plan decision_recorded",
    ]
    assert told(run.succeed("x")) == ["completed x"]
    assert run.running == []
    assert run.state.plan.status == "running"


def test_a_retry_comes_before_a_replan() -> None:
    run = ReplanRun(tool("a", retry=QUICK))
    assert told(run.fail("a")) == ["retrying a"]
    run.wait(1)
    assert "plan replan_begun" in told(run.fail("a"))
    assert run.begun.analysis["attempts"] == 2


def test_what_is_known_of_the_cause_and_of_the_plan_is_in_the_record() -> None:
    run = failed()
    begun = run.begun
    assert (begun.number, begun.trigger, begun.step) == (1, "failure", "b")
    assert begun.evidence == ("p1.b#2",)
    assert begun.state["steps"] == {"completed": 1, "failed": 1, "pending": 1}
    assert begun.analysis == {
        "step": "b",
        "tool": "work",
        "kind": "execution",
        "code": "down",
        "message": "b broke",
        "retryable": True,
        "attempts": 1,
        "seen_before": 0,
        "tool_seen_before": 0,
    }


def test_the_six_stages_of_a_replan_stand_in_the_record_with_what_came_of_each() -> None:
    run = failed()
    run.plan(*CHAIN[:2], tool("d", "b"), again=["b"])
    stages = {one.what: one for one in decisions(run)}
    assert list(stages) == [
        "replan.assess",
        "replan.analyse",
        "replan.plan",
        "replan.make",
        "replan.merge",
        "replan.resume",
    ]
    assert stages["replan.plan"].chosen == {
        "strategy": "partial",
        "content": "sha256:1",
        "again": ["b"],
    }
    assert stages["replan.merge"].chosen == {"kept": 1, "reset": ["b"], "removed": []}
    assert stages["replan.resume"].chosen == {"revision": 2}
    assert all(one.inputs for one in stages.values())


def test_finished_steps_keep_their_results_and_do_not_run_again() -> None:
    run = failed()
    events = run.plan(CHAIN[0], tool("b", "a", tool="other"), CHAIN[2])
    assert "started b" in told(events)
    assert "started a" not in told(events)
    run.finish()
    assert run.result.success
    assert run.state.steps["a"].output == 1  # type: ignore[index]
    assert told(run.log).count("started a") == 1
    assert run.replayed().difference is None


def test_a_revision_names_its_trigger_strategy_author_and_evidence() -> None:
    run = failed()
    run.plan(strategy="retry", again=["b"])
    event = revised(run)
    assert (event.trigger, event.strategy, event.actor) == ("failure", "retry", "planner")
    assert event.evidence == (run.log[event_at(run, ReplanBegun)].id, "p1.b#2")
    assert (event.number, event.parent, event.kept, event.reset) == (2, 1, 1, 1)


def event_at(run: CoreRun, kind: type) -> int:
    return next(at for at, event in enumerate(run.log) if isinstance(event, kind))


def test_a_planners_choices_are_recorded_as_decisions() -> None:
    run = failed()
    choice = PlanningChoice(["alternative"], "it failed twice", {"tool": "work"}, ("retry",))
    run.plan(again=["b"], choices=[choice])
    [found] = [one for one in decisions(run) if one.what == "replan.strategy"]
    assert (found.chosen, found.why, found.alternatives) == (
        ["alternative"],
        "it failed twice",
        ("retry",),
    )
    run.finish()
    assert run.replayed().equal


def test_a_step_inside_of_containers_is_named_as_what_failed() -> None:
    inner = container("sequential", "s", tool("x"), tool("y"))
    run = ReplanRun(container("parallel", "p", inner, tool("z")), tool("end", "p"))
    run.succeed("p.s.x")
    run.fail("p.s.y", "down")
    assert run.state.plan.replanning is None, "its container waits for the others"
    run.succeed("p.z")
    assert (run.begun.step, run.begun.analysis["code"]) == ("p.s.y", "down")
    run.plan(strategy="retry", again=["p"])
    assert run.running == ["p.s.y"]
    run.finish()
    assert run.result.success
    assert told(run.log).count("started p.s.x") == 1
    assert run.replayed().equal


def test_a_timeout_is_a_trigger_of_its_own() -> None:
    run = ReplanRun(tool("a", timeout="5s"))
    run.wait(5)
    assert run.begun.trigger == "timeout"


def test_a_result_that_is_not_what_was_expected_fails_the_step_and_is_a_trigger() -> None:
    run = ReplanRun(tool("a", expect="a.output.rows > 0"))
    events = run.succeed("a", {"rows": 0})
    assert told(events)[:2] == ["failed a", "plan replan_begun"]
    error = events[0].data()["error"]
    assert error["code"] == "unexpected"
    assert "`a.output.rows > 0` does not hold" in error["message"]
    assert run.begun.trigger == "unexpected"
    assert run.replayed().equal


def test_a_result_that_is_as_expected_completes_the_step() -> None:
    run = CoreRun(tool("a", expect="a.output > 0"))
    run.succeed("a", 1)
    assert run.result.success


def test_a_result_that_lacks_what_is_asked_for_is_unexpected() -> None:
    run = CoreRun(tool("a", expect="a.output.rows > 0"))
    run.succeed("a", {})
    assert run.state.steps["a"].error.code == "unexpected"  # type: ignore[index, union-attr]


def test_only_a_policy_that_names_the_code_tries_an_unexpected_result_again() -> None:
    policy = {"max_attempts": 2, "initial_delay": 1, "retryable_errors": ["unexpected"]}
    run = CoreRun(tool("a", expect="a.output > 0", retry=policy))
    assert told(run.succeed("a", 0)) == ["retrying a"]
    run.wait(1)
    run.succeed("a", 1)
    assert (run.result.success, run.replayed().equal) == (True, True)


@pytest.mark.parametrize("trigger", ["user", "resources"])
def test_a_person_has_a_plan_replanned(trigger: str) -> None:
    run = ReplanRun(*CHAIN)
    events = run.ask("replan", trigger=trigger, step="c", feedback={"shorter": True})
    assert told(events)[-1] == "plan request_answered"
    assert run.begun.trigger == trigger
    assert run.begun.evidence == ("p1!requests#1",)
    assert run.begun.analysis["feedback"] == {"shorter": True}
    run.succeed("a")
    assert run.running == []
    run.plan(CHAIN[0], CHAIN[1])
    run.finish()
    assert run.result.completed_steps == 2
    assert run.replayed().equal


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (None, "do not have it replanned"),
        ({"replan": {"on": ["failure"]}}, "do not have it replanned"),
        ({"replan": {}, "max_replans": 0}, "which is the most"),
    ],
)
def test_a_replan_that_cannot_be_is_refused(settings: dict[str, Any] | None, why: str) -> None:
    run = CoreRun(*CHAIN, settings=settings)
    events = run.ask("replan")
    assert why in events[-1].data()["why"]
    assert run.state.plan.replanning is None


def test_triggers_that_the_policy_does_not_name_fail_the_plan() -> None:
    run = failed(settings={"replan": {"on": ["timeout"]}})
    assert told(run.log)[-1] == "plan failed"


def test_without_a_plan_what_failed_fails_the_plan() -> None:
    run = failed()
    events = run.no_plan()
    assert told(events) == ["plan decision_recorded", "plan replan_failed", "plan failed"]
    failure = next(event for event in events if isinstance(event, ReplanFailed))
    assert failure.error is not None
    assert (failure.error.kind, failure.why) == ("planning", "there is no other way")
    assert run.result.error_message == "step 'b' failed: b broke"
    assert run.replayed().equal


def test_without_a_plan_the_rest_goes_on_where_failures_do_not_stop_it() -> None:
    run = failed(*CHAIN, tool("x"), settings={"stop_on_first_failure": False})
    run.no_plan()
    run.crash()
    assert told(run.log).count("plan replan_begun") == 1
    run.finish()
    assert run.result.completion == "partial"
    assert run.replayed().equal


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((CHAIN[1], CHAIN[2]), "step 'a' has completed and cannot be removed"),
        ((tool("a", tool="other"), *CHAIN[1:]), "step 'a' has completed and cannot be changed"),
    ],
)
def test_a_proposal_that_touches_what_is_finished_is_refused(steps: Any, why: str) -> None:
    run = failed()
    if steps[0]["id"] == "b":
        steps = (tool("b"), tool("c", "b"))
    events = run.plan(*steps, again=["b"])
    [failure] = [event for event in events if isinstance(event, ReplanFailed)]
    assert failure.why.startswith(why)
    assert told(events)[-1] == "plan failed"
    assert run.replayed().equal


def test_an_answer_to_another_replan_comes_too_late() -> None:
    run = failed()
    late = Planned("p1#99", "planner", "sha256:1", RevisionStrategy.RETRY, "late")  # type: ignore[arg-type]
    assert run.decide(late) == []
    run.plan(again=["b"])
    assert run.decide(late) == []


def test_the_limit_on_replans_pauses_the_plan_for_a_person_who_gives_another() -> None:
    run = failed(settings={"max_replans": 1})
    run.plan(strategy="retry", again=["b"])
    events = run.fail("b")
    assert told(events) == ["failed b", "plan limit_reached", "plan paused"]
    assert events[1].data() == {"limit": "max_replans", "allowed": 1, "reached": 1}
    assert "revise" in events[2].data()["reason"]
    run.crash()
    assert (run.state.plan.status, run.state.plan.replanning) == ("paused", None)
    assert told(run.log).count("plan limit_reached") == 1
    assert run.replayed().equal


def test_resuming_past_the_limit_gives_as_many_replans_again() -> None:
    run = failed(settings={"max_replans": 1})
    run.plan(strategy="retry", again=["b"])
    run.fail("b")
    run.ask("resume")
    assert run.begun.number == 2
    run.plan(strategy="retry", again=["b"])
    run.finish()
    assert (run.result.success, run.replayed().equal) == (True, True)


def test_the_limit_fails_the_plan_where_the_policy_says_so() -> None:
    run = failed(settings={"max_replans": 0, "replan": {"on_limit": "fail"}})
    assert told(run.log)[-2:] == ["plan limit_reached", "plan failed"]
    assert run.result.reason == "max_replans"


def test_a_crash_while_the_planner_is_at_work_changes_nothing() -> None:
    run = failed()
    begun = run.begun
    run.crash()
    assert run.begun.id == begun.id
    assert run.running == []
    run.plan(again=["b"])
    run.finish()
    assert (run.result.success, run.replayed().equal) == (True, True)


def test_a_pause_while_the_planner_is_at_work_holds_what_follows() -> None:
    run = failed()
    run.ask("pause")
    run.plan(again=["b"])
    assert (run.state.plan.status, run.running) == ("paused", [])
    run.ask("resume")
    assert run.running == ["b"]


def test_a_step_that_fails_while_the_planner_is_at_work_has_its_turn_after() -> None:
    run = ReplanRun(tool("a"), tool("b"))
    run.fail("a", "one")
    run.fail("b", "two")
    assert (run.begun.step, told(run.log).count("plan replan_begun")) == ("a", 1)
    run.plan(strategy="retry", again=["a"])
    assert run.begun.step == "b"
    run.plan(strategy="retry", again=["b"])
    run.finish()
    assert (run.result.success, run.replayed().equal) == (True, True)


def test_a_plan_that_failed_is_recovered_by_its_planner() -> None:
    run = failed()
    run.no_plan()
    assert isinstance(run.log[-1], PlanFailed)
    request = run.request("recover", "ann", "", strategy="replan", content=run.state.plan.content)
    run.recover(request)
    assert run.begun.step == "b"
    run.plan(strategy="retry", again=["b"])
    run.finish()
    assert (run.result.success, run.replayed().equal) == (True, True)


def test_a_refused_proposal_replays_with_what_ran_beside_it() -> None:
    run = ReplanRun(tool("z"), tool("a"), tool("b", "a"))
    run.fail("z")
    run.plan(*[tool(name) for name in ("z", "a")], tool("b", "a"), tool("new"), again=["z"])
    run.fail("new")
    run.plan(tool("only"))
    assert told(run.log)[-1] == "plan failed"
    assert run.replayed().difference is None
