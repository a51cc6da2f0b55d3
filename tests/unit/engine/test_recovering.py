"""Letting a plan that failed go on: resumed, restarted, or without what failed."""

from __future__ import annotations

import pytest

from milepost.domain.events import PlanFailed, PlanRecovered

from .core_run import CoreRun, Fields, container, told, tool
from .test_cases_not_taken import choosing

UNDO = {"tool": "undo", "input": {}}


def test_the_failed_step_runs_again_and_what_was_stopped_goes_on() -> None:
    run = CoreRun(tool("a"), tool("b"), tool("c", "a"), tool("d"))
    run.succeed("d", 4)
    run.fail("a")
    run.recover()
    assert run.refusal is None
    assert sorted(run.running) == ["a", "b"]
    run.finish()
    assert (run.result.completed_steps, run.state.plan.epoch) == (4, 2)
    assert told(run.log).count("started d") == 1
    assert run.replayed().equal


def test_a_recovery_is_linked_with_the_failure_it_settles() -> None:
    run = CoreRun(tool("a"))
    run.fail("a")
    run.recover()
    [failed] = [event for event in run.log if isinstance(event, PlanFailed)]
    [recovered] = [event for event in run.log if isinstance(event, PlanRecovered)]
    assert (recovered.settles, recovered.steps) == (failed.id, ("a",))


def test_a_plan_that_ran_out_of_time_goes_on_with_what_was_stopped() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), settings={"max_execution_time": 10})
    run.time_out(10)
    assert run.state.plan.completion == "timeout"
    run.recover()
    assert run.running == ["a"]
    run.finish()
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


def test_a_plan_that_reached_a_limit_with_nothing_under_way_goes_on() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), settings={"max_steps": 1})
    run.succeed("a")
    assert run.state.plan.status == "failed"
    run.recover()
    assert run.running == ["b"]
    run.finish()
    assert run.state.plan.status == "completed"


def test_a_plan_whose_steps_are_all_completed_ends_well() -> None:
    run = CoreRun(tool("a", set={"k": "${a.output.nothing}"}))
    run.succeed("a", {})
    assert run.state.plan.status == "failed"
    run.recover()
    assert (run.state.plan.status, run.state.plan.epoch) == ("completed", 2)


def test_what_is_left_out_lets_the_rest_go_on() -> None:
    run = CoreRun(tool("a"), tool("b"), tool("c", "a"))
    run.fail("a")
    run.recover("skip")
    assert run.statuses["a"] == "skipped"
    assert sorted(run.running) == ["b", "c"]
    run.finish()
    assert (run.state.plan.completion, run.result.skipped_steps) == ("success", 1)
    assert run.replayed().equal


def test_a_child_is_left_out_of_its_container() -> None:
    run = CoreRun(container("sequential", "s", tool("x"), tool("y")), tool("z", "s"))
    run.fail("s.x")
    run.recover("skip")
    assert (run.statuses["s.x"], run.running) == ("skipped", ["s.y"])
    run.finish()
    assert run.result.completed_steps == 3


def test_naming_one_failed_step_still_lets_go_on_what_it_had_stopped() -> None:
    plan = container("parallel", "p", tool("x"), tool("y"), mode="stop_on_failure")
    run = CoreRun(plan, tool("z"))
    run.fail("p.x")
    run.recover(steps=["p.x"])
    assert sorted(run.running) == ["p.x", "p.y", "z"]
    run.finish()
    assert run.result.completed_steps == 4


def test_finished_children_keep_their_results_in_a_container_that_begins_anew() -> None:
    run = CoreRun(container("sequential", "s", tool("x"), tool("y")))
    run.succeed("s.x", 1)
    run.fail("s.y")
    run.recover()
    assert run.running == ["s.y"]
    run.succeed("s.y", 2)
    assert told(run.log).count("started s.x") == 1
    assert run.state.steps["s"].output == 2  # type: ignore[index]
    assert run.replayed().equal


def test_losers_of_a_race_are_left_alone() -> None:
    race = container("parallel", "p", tool("x"), tool("y"), mode="first_success")
    run = CoreRun(race, tool("b", "p"))
    run.succeed("p.x")
    run.fail("b")
    run.recover()
    assert (run.statuses["p.y"], run.running) == ("cancelled", ["b"])


def test_a_restart_runs_everything_again_with_a_fresh_context() -> None:
    run = CoreRun(tool("a", set={"k": 1}), tool("b", "a"), context={"k": 0})
    run.succeed("a")
    run.fail("b")
    run.recover("restart")
    assert (run.running, run.state.plan.context) == (["a"], {"k": 0})


def test_a_corrected_content_takes_the_place_of_the_failed_one() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.succeed("a", 1)
    run.fail("b")
    run.recover(content=run.write(tool("a"), tool("b", "a", tool="other"), tool("c", "b")))
    assert (run.running, run.state.plan.revision) == (["b"], 2)
    run.finish()
    assert run.result.completed_steps == 3
    assert run.replayed().equal


def test_a_refused_recovery_leaves_the_plan_as_it_was() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.succeed("a", 1)
    run.fail("b")
    before = run.compiled
    run.recover(content=run.write(tool("a", tool="other"), tool("b", "a")))
    assert "'a' has completed: a recovery cannot change it" in (run.refusal or "")
    assert run.compiled is before
    run.recover(steps=["a"])
    assert run.refusal == "step 'a' has not failed; failed are: b"
    assert run.replayed().equal


def test_what_was_undone_runs_again_and_what_came_after_is_adopted_if_it_is_the_same() -> None:
    read = tool("b", input={"x": "${a.output}"})
    run = CoreRun(tool("a", compensate=UNDO), read, tool("c", "b"))
    run.succeed("a", 1)
    run.succeed("b", 2)
    run.fail("c")
    run.finish()
    assert run.statuses["a~undo"] == "completed"
    run.recover()
    assert run.running == ["a"]
    run.succeed("a", 1)
    assert run.running == ["c"]
    assert told(run.log).count("started b") == 1
    assert run.replayed().equal


def test_only_a_plan_that_failed_is_recovered() -> None:
    run = CoreRun(tool("a"))
    run.recover()
    assert run.refusal == "only a plan that failed can be recovered, this one is running"


def test_what_a_removed_step_wrote_goes_with_it() -> None:
    run = CoreRun(tool("a", set={"k": 1}), tool("b"), context={"k": 0})
    run.succeed("a")
    run.fail("b")
    run.recover(content=run.write(tool("b"), context={"k": 0}))
    assert run.state.plan.context == {"k": 0}
    assert run.state.steps["a"].status == "pending"  # type: ignore[index]


def test_a_loop_that_goes_round_less_often_drops_the_rounds_it_had() -> None:
    shorter = tool("x", set={"items": [1]})
    loop = container("loop", "l", shorter, for_each="${context.items}")
    run = CoreRun(loop, tool("z", "l"), context={"items": [1, 2, 3]}, settings={"max_steps": 99})
    run.succeed("l[0].x")
    run.succeed("l[1].x")
    run.fail("l[2].x")
    assert run.state.plan.status == "failed"
    run.recover()
    assert run.running == ["z"]
    run.crash()
    run.wait()
    run.succeed("z")
    assert run.state.plan.status == "completed"
    assert (run.statuses, run.state.steps["l"].output) == (  # type: ignore[index]
        {"l": "completed", "l[0].x": "completed", "z": "completed"}, [None],
    )  # fmt: skip
    assert run.replayed().equal


def counting(*steps: Fields) -> CoreRun:
    """Return a loop while `context.n` is less than 2."""
    loop = container("loop", "l", *steps, **{"while": "context.n < 2"})
    return CoreRun(loop, tool("z", "l"), context={"n": 0})


@pytest.mark.parametrize("crashes", [False, True])
def test_a_failed_step_of_a_loop_runs_again_though_its_condition_holds_no_more(
    *, crashes: bool
) -> None:
    run = counting(tool("x", set={"n": "${context.n + 1}"}), tool("y"))
    for path in ("l[0].x", "l[0].y", "l[1].x"):
        run.succeed(path, path)
    run.fail("l[1].y")
    run.recover()
    if crashes:
        run.crash()
    assert run.running == ["l[1].y"]
    run.succeed("l[1].y", "now")
    assert run.state.steps["l"].output == ["l[0].y", "now"]  # type: ignore[index]
    run.finish()
    assert run.result.completed_steps == 6
    assert run.replayed().equal


@pytest.mark.parametrize("crashes", [False, True])
def test_a_round_whose_first_step_failed_begins_again(*, crashes: bool) -> None:
    loop = container("loop", "l", tool("x"), **{"while": "context.n < 1"})
    run = CoreRun(tool("a", set={"n": 1}), loop, context={"n": 0})
    run.succeed("l[0].x")
    run.succeed("a")
    run.fail("l[1].x")
    run.recover(hold=True)
    if crashes:
        run.crash()
    run.ask("resume")
    assert run.running == ["l[1].x"]
    run.finish()
    assert len(run.state.steps["l"].output) == 2  # type: ignore[arg-type, index]
    assert run.replayed().equal


@pytest.mark.parametrize("writes", [{}, {"j": 1}])
def test_a_branch_goes_on_in_its_case_though_the_condition_holds_no_more(
    writes: dict[str, object],
) -> None:
    case = [tool("c", set={"k": 1}), tool("a", set=writes)]
    branch = choosing(case, [tool("w")], when="context.k == 0")
    run = CoreRun(branch, context={"k": 0, "j": 0})
    run.succeed("b[0].c")
    run.fail("b[0].a")
    run.recover()
    assert run.running == ["b[0].a"]
    run.finish()
    assert (run.statuses["b[1].w"], run.state.plan.status) == ("skipped", "completed")
    assert told(run.log).count("started b[0].c") == 1
    assert run.replayed().equal


def test_a_restart_has_everything_decided_anew() -> None:
    branch = choosing([tool("a")], [tool("w")], when="context.k == 0")
    run = CoreRun(tool("f", set={"k": 1}), branch, context={"k": 0})
    run.fail("b[0].a")
    run.recover("restart")
    assert [step.bindings for step in run.state.steps.values() if step.bindings] == [{"/case": 0}]
    assert told(run.log).count("plan decision_recorded") == 2
    assert run.replayed().equal


def test_what_a_container_held_to_comes_back_with_the_moment() -> None:
    run = counting(tool("x", set={"n": "${context.n + 1}"}), tool("y"))
    for path in ("l[0].x", "l[0].y", "l[1].x"):
        run.succeed(path)
    run.fail("l[1].y")
    run.recover(hold=True)
    [recovered] = [event for event in run.log if isinstance(event, PlanRecovered)]
    run.ask("resume")
    run.finish()
    run.restore(recovered.id)
    assert run.running == ["l[1].y"]
    assert run.replayed().equal
