"""Failures of a plan that can be replanned: a crash changes neither their order nor their story."""

from __future__ import annotations

import pytest

from milepost.domain.commands import Replan
from milepost.domain.replanning import RevisionTrigger

from .core_run import container, told, tool
from .replan_run import ReplanRun

CRASHES = pytest.mark.parametrize("crashes", [False, True])


@CRASHES
def test_the_failure_that_came_first_is_faced_first(*, crashes: bool) -> None:
    run = ReplanRun(tool("a"), tool("b"), settings={"max_replans": 1})
    run.fail("b")
    run.fail("a")
    if crashes:
        run.crash()
    assert list(run.state.failures) == ["b", "a"]
    run.no_plan()
    assert run.state.plan.status == "failed"
    assert run.state.plan.error.step == "b"  # type: ignore[union-attr]
    assert run.replayed().equal


@CRASHES
def test_a_failure_inside_of_a_container_is_told_whole(*, crashes: bool) -> None:
    inner = container("parallel", "p", tool("x", tool="http"), tool("y"))
    run = ReplanRun(inner, tool("z"), tool("w", "p"))
    run.ask("pause")
    run.fail("p.x")
    run.succeed("p.y")
    if crashes:
        run.crash()
    run.ask("resume")
    assert (run.begun.analysis["tool"], run.begun.analysis["attempts"]) == ("http", 1)
    assert run.begun.evidence == ("p1.p.x#2", "p1.p#2")
    assert run.begun.state["steps"] == {
        "completed": 1, "failed": 2, "pending": 1, "retrying" if crashes else "running": 1,
    }  # fmt: skip
    assert run.replayed().equal


@CRASHES
def test_failures_that_nothing_follows_from_keep_no_plan_from_its_end(*, crashes: bool) -> None:
    run = ReplanRun(tool("a"), tool("b"), settings={"stop_on_first_failure": False})
    run.fail("b")
    run.ask("pause")
    run.no_plan()
    if crashes:
        run.crash()
        run.ask("resume")
        run.ask("pause")
    run.succeed("a")
    assert (run.state.plan.status, run.state.plan.completion) == ("completed", "partial")
    assert run.replayed().equal


@CRASHES
def test_another_plan_may_be_asked_for_about_a_step_of_what_has_ended(*, crashes: bool) -> None:
    plan = container("sequential", "p", tool("x", tool="http"))
    run = ReplanRun(plan, tool("z"), settings={"replan": {"on": ["user"]}})
    run.succeed("p.x")
    if crashes:
        run.crash()
    run.change("replan", Replan(step="p.x", trigger=RevisionTrigger.USER))
    assert run.refusal is None
    assert run.begun.analysis["tool"] == "http"
    run.no_plan()
    run.change("replan", Replan(step="p.y", trigger=RevisionTrigger.USER))
    assert run.refusal == "there is no step 'p.y'"
    assert run.replayed().equal


@CRASHES
def test_a_paused_plan_whose_last_step_ended_ends_once_there_is_no_other_plan(
    *, crashes: bool
) -> None:
    run = ReplanRun(tool("a"), settings={"replan": {"on": ["user"]}})
    run.change("replan", Replan(trigger=RevisionTrigger.USER))
    run.ask("pause")
    run.succeed("a")
    if crashes:
        run.crash()
    assert run.state.plan.status == "paused"
    run.no_plan()
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


@pytest.mark.parametrize("way", ["no plan", "a refused plan", "a crash before no plan"])
def test_what_goes_round_in_circles_and_failed_is_left_to_what_failures_lead_to(way: str) -> None:
    loops = {"max_repeats": 1, "state_repeats": None, "on_loop": "replan"}
    policy = {"replan": {"on": ["unexpected"]}, "stop_on_first_failure": False}
    loop = container("loop", "l", tool("x"), **{"while": "index < 5"})
    run = ReplanRun(loop, tool("z"), settings={"loops": loops, **policy})
    run.succeed("l[0].x", 1)
    run.ask("pause")
    if way == "a crash before no plan":
        run.crash()
    if way == "a refused plan":
        run.plan(tool("z", tool="other"))
    else:
        run.no_plan()
    assert "plan replan_failed" in told(run.log)
    run.ask("resume")
    assert (run.state.plan.status, run.running) == ("running", ["z"])
    assert run.replayed().equal
