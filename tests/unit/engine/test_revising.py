"""Another content for a running plan: what stays, what runs, and what is refused."""

from __future__ import annotations

import pytest

from milepost.domain.commands import Revise

from .core_run import CoreRun, container, told, tool

ON = {"stop_on_first_failure": False}


def test_finished_steps_keep_their_results_and_new_ones_run() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.succeed("a", 1)
    run.revise(tool("a"), tool("b", "a"), tool("c", "a", input={"x": "${a.output}"}))
    assert run.refusal is None
    assert run.state.plan.revision == 2
    assert run.running == ["b", "c"]
    run.finish()
    assert told(run.log).count("started a") == 1
    assert run.result.completed_steps == 3
    assert run.replayed().equal


def test_a_step_put_between_two_others_runs_there() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.revise(tool("a"), tool("between", "a"), tool("b", "between"))
    run.finish()
    starts = [word for word in told(run.log) if word.startswith("started")]
    assert starts == ["started a", "started between", "started b"]


def test_finished_steps_and_those_under_way_cannot_be_changed() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.succeed("a")
    run.revise(tool("a", tool="other"), tool("b", "a"))
    assert run.refusal == (
        "step 'a' has completed and cannot be changed; leave it as it is, or roll the plan back"
    )
    run.revise(tool("a"), tool("b", "a", tool="other"))
    assert run.refusal == (
        "step 'b' is running and cannot be changed; wait for its end, or cancel the plan"
    )
    run.revise(tool("a"))
    assert "removed" in (run.refusal or "")
    run.succeed("b")
    assert run.result.completed_steps == 2
    assert run.replayed().equal


def test_a_finished_container_gets_no_further_children() -> None:
    run = CoreRun(container("parallel", "p", tool("x")), tool("b", "p"))
    run.succeed("p.x")
    run.revise(container("parallel", "p", tool("x"), tool("y")), tool("b", "p"))
    assert "'p' has completed and cannot be changed" in (run.refusal or "")


def test_a_container_under_way_may_get_further_children() -> None:
    run = CoreRun(container("parallel", "p", tool("x")), tool("b", "p"))
    run.revise(container("parallel", "p", tool("x"), tool("y")), tool("b", "p"))
    assert run.running == ["p.x", "p.y"]
    run.finish()
    assert run.result.completed_steps == 4


def test_a_failed_step_runs_again_if_named_and_what_it_blocked_too() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c"), settings=ON)
    run.fail("a")
    assert run.statuses["b"] == "skipped"
    run.revise(tool("a"), tool("b", "a"), tool("c"), settings=ON, again=["a"])
    assert run.running == ["c", "a"]
    run.finish()
    assert run.result.completed_steps == 3
    assert run.replayed().equal


def test_only_what_failed_can_be_named_again() -> None:
    run = CoreRun(tool("a"), tool("b"))
    run.revise(tool("a"), tool("b"), again=["a"])
    assert run.refusal == ("step 'a' cannot be run again: only failed and cancelled steps can")


def test_a_failed_child_runs_again_without_disturbing_its_running_siblings() -> None:
    plan = (container("parallel", "p", tool("x"), tool("y")), tool("z"))
    run = CoreRun(*plan, settings=ON)
    run.fail("p.x")
    run.revise(*plan, settings=ON, again=["p.x"])
    assert run.refusal is None
    assert (run.statuses["p"], sorted(run.running)) == ("running", ["p.x", "p.y", "z"])
    run.finish()
    assert run.result.completed_steps == 4
    assert run.replayed().equal


def test_siblings_that_a_failure_had_stopped_run_again_with_it() -> None:
    plan = (
        container("parallel", "p", tool("x"), tool("y"), mode="stop_on_failure"),
        tool("z"),
    )
    run = CoreRun(*plan, settings=ON)
    run.fail("p.x")
    assert run.statuses["p.y"] == "cancelled"
    run.revise(*plan, settings=ON, again=["p.x"])
    run.finish()
    assert run.result.completed_steps == 4


def test_a_step_whose_blocker_is_gone_runs() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c"), settings=ON)
    run.fail("a")
    run.revise(tool("a"), tool("b"), tool("c"), settings=ON)
    assert "b" in run.running


def test_removed_steps_leave_the_counts_but_not_the_log() -> None:
    run = CoreRun(tool("a"), tool("b"), tool("c"), settings=ON)
    run.fail("a")
    run.revise(tool("b"), tool("c"), settings=ON)
    run.finish()
    assert (run.result.failed_steps, run.result.completed_steps) == (0, 2)
    assert run.result.completion == "success"
    assert "failed a" in told(run.log)


def test_a_case_that_was_not_taken_is_not_run_because_it_was_rewritten() -> None:
    def choosing(other: str) -> dict[str, object]:
        cases = [
            {"when": "true", "steps": [tool("x")]},
            {"steps": [tool("y", tool=other)]},
        ]
        return {"id": "choose", "kind": "branch", "input": {}, "cases": cases}

    run = CoreRun(choosing("work"))
    run.revise(choosing("other"))
    assert run.running == ["choose[0].x"]
    run.finish()
    assert run.statuses["choose[1].y"] == "skipped"


def test_names_new_to_the_context_begin_as_the_content_says() -> None:
    run = CoreRun(tool("a"), context={"old": 1})
    reader = tool("b", "a", input={"x": "${context.new}"})
    run.revise(tool("a"), reader, context={"old": 5, "new": 2})
    assert run.state.plan.context == {"old": 1, "new": 2}
    run.succeed("a")
    assert run.state.instances["b"].input == {"x": 2}  # type: ignore[index]
    assert run.replayed().equal


def test_a_plan_that_waits_for_a_person_can_be_revised_around_the_question() -> None:
    question = {"id": "q", "kind": "user_input", "input": {"prompt": "?"}}
    run = CoreRun(question)
    assert run.state.plan.status == "paused"
    run.revise(question, tool("b", "q"))
    assert (run.refusal, run.state.plan.status) == (None, "paused")
    run.ask("answer", step="q", value=1)
    assert run.running == ["b"]


@pytest.mark.parametrize("crashes", [False, True])
def test_a_plan_that_only_waits_for_an_answer_goes_on_with_steps_that_need_none(
    *, crashes: bool
) -> None:
    question = {"id": "q", "kind": "user_input", "input": {"prompt": "?"}}
    run = CoreRun(question)
    run.revise(question, tool("b"), tool("c", "q"))
    if crashes:
        run.crash()
    assert (run.state.plan.status, run.running) == ("running", ["b"])
    run.succeed("b")
    assert (run.state.plan.status, run.state.plan.waiting) == ("paused", ("q",))
    run.ask("resume")
    assert run.refusal == "the plan waits for an answer to q"
    run.ask("answer", step="q", value=1)
    run.finish()
    assert run.result.completed_steps == 3
    assert run.replayed().equal


def test_a_container_without_further_steps_ends_while_a_plan_waits_for_an_answer() -> None:
    question = {"id": "q", "kind": "user_input", "input": {"prompt": "?"}}
    run = CoreRun(question, container("parallel", "p", tool("x"), tool("y", "q")), tool("z", "p"))
    run.succeed("p.x")
    assert run.state.plan.waiting == ("q",)
    run.revise(question, container("parallel", "p", tool("x")), tool("z", "p"))
    assert run.running == ["z"]
    assert run.replayed().equal


def test_a_plan_that_a_person_paused_stays_paused_when_it_is_revised() -> None:
    question = {"id": "q", "kind": "user_input", "input": {"prompt": "?"}}
    run = CoreRun(question, tool("a"))
    run.ask("pause")
    run.succeed("a")
    run.revise(question, tool("a"), tool("b"))
    assert (run.state.plan.status, run.running) == ("paused", [])
    run.ask("resume")
    assert run.running == ["b"]
    assert run.replayed().equal


def test_a_content_made_from_an_older_revision_is_refused() -> None:
    run = CoreRun(tool("a"))
    run.revise(tool("a"), tool("b"))
    content = run.write(tool("a"), tool("c"))
    run.change("revise", Revise(content=content, base=1))
    assert "made from revision 1, and the plan is at revision 2" in (run.refusal or "")


def test_a_plan_that_ended_is_not_revised() -> None:
    run = CoreRun(tool("a"))
    run.succeed("a")
    run.revise(tool("a"), tool("b"))
    assert run.refusal == "a plan that is completed cannot be revised; recover or restore it"


def test_what_is_under_way_goes_on_though_it_follows_a_step_that_runs_again() -> None:
    dag = {**ON, "scheduling": "dag"}
    plan = (tool("a"), tool("b", {"step": "a", "settle": "any"}))
    run = CoreRun(*plan, settings=dag)
    run.fail("a")
    run.revise(*plan, settings=dag, again=["a"])
    assert sorted(run.running) == ["a", "b"]
    assert "cancelled b" not in told(run.log)
