"""Undoing finished steps: when, in which order, what if it fails, and what comes then."""

from __future__ import annotations

import pytest

from .core_run import CoreRun, Fields, container, told, tool

RETRY = {"max_attempts": 2, "initial_delay": 5, "jitter": False}


def undoable(name: str, *needs: object, **fields: object) -> Fields:
    undo = {"tool": "undo", "input": {"id": f"${{{name}.output}}"}}
    return tool(name, *needs, compensate=undo, **fields)


def undone(run: CoreRun) -> list[str]:
    return [word for word in told(run.log) if word.startswith("completed") and "~undo" in word]


def failed_after_two() -> CoreRun:
    run = CoreRun(undoable("a"), undoable("b", "a"), tool("c", "b"))
    run.succeed("a", 1)
    run.succeed("b", 2)
    run.fail("c")
    return run


def test_a_failing_plan_undoes_the_last_finished_step_first() -> None:
    run = failed_after_two()
    assert (run.running, run.state.plan.status) == (["b~undo"], "running")
    assert run.state.instances["b~undo"].input == {"id": 2}  # type: ignore[index]
    run.succeed("b~undo")
    assert run.running == ["a~undo"]
    run.succeed("a~undo")
    assert run.state.plan.status == "failed"
    assert run.state.plan.error is not None
    assert run.state.plan.error.step == "c"
    assert run.replayed().equal


def test_a_plan_that_fails_at_its_very_end_ends() -> None:
    run = CoreRun(undoable("a"), tool("b", "a"), settings={"stop_on_first_failure": False})
    run.fail("a")
    assert run.state.plan.status == "failed"
    assert run.replayed().equal


def test_a_cancelled_plan_undoes_what_it_did() -> None:
    run = CoreRun(undoable("a"), tool("b", "a"))
    run.succeed("a")
    run.ask("cancel", why="enough")
    assert (run.statuses["b"], run.running) == ("cancelled", ["a~undo"])
    run.ask("cancel")
    assert run.refusal is not None
    assert run.refusal.startswith("the plan is undoing its steps; let that come to its end")
    run.succeed("a~undo")
    assert (run.state.plan.status, run.state.plan.reason) == ("cancelled", "enough")
    assert run.replayed().equal


def test_a_plan_that_completes_undoes_nothing() -> None:
    run = CoreRun(undoable("a"))
    run.succeed("a")
    assert undone(run) == []
    assert run.state.plan.status == "completed"


def test_undoing_is_tried_again_by_the_steps_policy() -> None:
    run = CoreRun(undoable("a", retry=RETRY), tool("b", "a"))
    run.succeed("a")
    run.fail("b")
    run.fail("a~undo")
    assert run.statuses["a~undo"] == "retrying"
    run.wait(5)
    run.succeed("a~undo")
    assert run.state.plan.status == "failed"
    assert run.replayed().equal


def test_what_cannot_be_undone_is_named_and_the_rest_is_undone() -> None:
    run = failed_after_two()
    run.fail("b~undo")
    assert run.running == ["a~undo"]
    run.succeed("a~undo")
    ended = next(event for event in run.log if event.kind == "plan.compensation_ended.v1")
    assert ended.data() == {"failed": ["b"]}
    assert run.state.plan.status == "failed"


@pytest.mark.parametrize(
    ("command", "status"), [("cancel", "cancelled"), ("compensate", "paused"), ("", "failed")]
)
@pytest.mark.parametrize("crash", [True, False])
def test_an_undo_that_reaches_max_retries_is_named_and_the_plan_ends_as_it_was_to(
    command: str, status: str, crash: bool
) -> None:
    steps = undoable("a", retry=RETRY), undoable("b", "a", retry=RETRY), tool("c", "b")
    run = CoreRun(*steps, settings={"max_retries": 0})
    run.succeed("a")
    run.succeed("b")
    if command:
        run.ask(command)
    else:
        run.fail("c")
    assert told(run.fail("b~undo")) == ["failed b~undo", "plan limit_reached", "started a~undo"]
    events = run.crash() if crash else run.fail("a~undo")
    assert told(events)[-3:-1] == ["failed a~undo", "plan compensation_ended"]
    ended = next(event for event in run.log if event.kind == "plan.compensation_ended.v1")
    assert ended.data() == {"failed": ["b", "a"]}
    assert told(run.log).count("plan compensation_begun") == 1
    assert run.state.plan.status == status
    assert run.replayed().equal


def test_a_plan_that_pauses_at_its_limits_pauses_while_it_undoes_and_then_goes_on() -> None:
    steps = undoable("a", retry=RETRY), tool("b", "a")
    run = CoreRun(*steps, settings={"max_retries": 0, "on_limit": "pause"})
    run.succeed("a")
    run.ask("cancel")
    told_of = ["retrying a~undo", "plan limit_reached", "plan paused"]
    assert told(run.fail("a~undo")) == told_of
    run.wait(5)
    run.ask("resume")
    run.succeed("a~undo")
    assert run.state.plan.status == "cancelled"
    assert run.replayed().equal


@pytest.mark.parametrize("limit", [{"max_steps": 3}, {"max_execution_time": 60}])
def test_no_other_limit_keeps_a_plan_from_undoing_its_steps(limit: Fields) -> None:
    run = CoreRun(undoable("a"), undoable("b", "a"), tool("c", "b"), settings=limit)
    run.succeed("a")
    run.succeed("b")
    run.ask("cancel")
    run.time_out(60)
    run.finish()
    assert undone(run) == ["completed b~undo", "completed a~undo"]
    assert run.state.plan.status == "cancelled"
    assert run.replayed().equal


def test_what_could_not_be_undone_is_tried_anew_the_next_time() -> None:
    run = CoreRun(undoable("a"), tool("b", "a"))
    run.succeed("a")
    run.fail("b")
    run.fail("a~undo")
    run.compensate()
    assert run.running == ["a~undo"]
    run.succeed("a~undo")
    assert run.statuses["a~undo"] == "completed"
    assert run.state.plan.status == "paused"
    assert run.replayed().equal


def test_asked_for_it_undoes_the_named_steps_and_pauses() -> None:
    run = CoreRun(undoable("a"), undoable("b"), tool("c", "a", "b"))
    run.succeed("a")
    run.succeed("b")
    run.compensate("a")
    assert (run.statuses["c"], run.running) == ("cancelled", ["a~undo"])
    run.succeed("a~undo")
    assert run.state.plan.status == "paused"
    assert undone(run) == ["completed a~undo"]
    assert run.replayed().equal


def test_an_ended_plan_is_paused_after_undoing_and_stays_so() -> None:
    run = CoreRun(undoable("a"))
    run.succeed("a")
    run.compensate()
    run.succeed("a~undo")
    assert (run.state.plan.status, run.state.plan.epoch) == ("paused", 2)
    run.crash()
    assert run.state.plan.status == "paused"
    run.roll_back(1)
    assert run.running == ["a"]
    assert run.replayed().equal


def test_with_nothing_to_undo_it_is_refused() -> None:
    nothing = "none of its finished steps can be undone, or all of them are"
    run = CoreRun(undoable("a"))
    run.compensate()
    assert (run.refusal, run.running) == (nothing, ["a"])
    run.succeed("a")
    run.compensate("b")
    assert run.refusal == "step 'b' cannot be undone; steps that can: a"
    assert run.state.plan.status == "completed"
    run.compensate()
    run.succeed("a~undo")
    run.compensate()
    assert run.refusal == nothing
    assert run.replayed().equal


def test_an_adopted_result_of_the_plans_own_is_undone_too() -> None:
    read = undoable("b", input={"x": "${a.output}"})
    run = CoreRun(tool("first"), tool("a", "first"), read, tool("c", "b"))
    run.revise(tool("first"), tool("a", "first", tool="o"), read, tool("c", "b"))
    run.succeed("first")
    run.succeed("a", 1)
    run.succeed("b", 2)
    run.roll_back(1)
    run.succeed("a", 1)
    assert run.state.steps["b"].source == "p1.b#2"  # type: ignore[index]
    run.fail("c")
    assert run.running == ["b~undo"]
    assert run.replayed().equal


def test_children_of_ended_containers_are_undone() -> None:
    loop = container("loop", "each", undoable("x"), for_each=[1, 2])
    run = CoreRun(loop, tool("z", "each"))
    run.succeed("each[0].x", "one")
    run.succeed("each[1].x", "two")
    run.fail("z")
    run.finish()
    assert undone(run) == ["completed each[1].x~undo", "completed each[0].x~undo"]


def test_a_revision_after_undoing_is_not_held_up_by_what_undid() -> None:
    run = CoreRun(undoable("a"), tool("b", "a"))
    run.succeed("a")
    run.compensate()
    run.succeed("a~undo")
    run.revise(undoable("a"), tool("b", "a", tool="other"))
    assert run.refusal is None


def test_a_crash_at_any_event_comes_to_the_same_end() -> None:
    whole = failed_after_two()
    whole.finish()
    for cut in whole.groups[:-1]:
        run = failed_after_two()
        run.log, run.groups = list(whole.log[:cut]), [cut]
        run.requests = 0
        run.crash()
        for _turn in range(20):
            if run.state.plan.ended or not run.running:
                break
            path = run.running[0]
            if path == "c":
                run.fail("c")
            else:
                run.succeed(path, {"a": 1, "b": 2}.get(path))
        assert run.statuses == whole.statuses
        assert undone(run) == undone(whole)
        assert run.replayed().equal


def test_a_writing_undo_that_was_cut_off_is_asked_about() -> None:
    run = failed_after_two()
    run.crash(writes=True)
    assert (run.state.plan.status, run.state.plan.waiting) == ("paused", ("b~undo",))
    run.ask("answer", step="b~undo", outcome="retry")
    run.wait()
    assert run.running == ["b~undo"]
    run.finish()
    assert run.state.plan.status == "failed"
    assert run.replayed().equal


@pytest.mark.parametrize(
    "left",
    [
        [tool("d", "c")],
        [container("sequential", "s", tool("x"), depends_on=["c"])],
        [tool("d", resources={"gpu": 1}), tool("e", resources={"gpu": 1})],
    ],
    ids=["blocked", "container", "queued"],
)
def test_steps_that_never_ran_do_not_keep_a_cut_off_undo_from_being_asked_about(
    left: list[Fields],
) -> None:
    run = CoreRun(undoable("a"), tool("c", "a"), *left, settings={"resources": {"gpu": 1}})
    run.succeed("a", 1)
    run.fail("c")
    assert run.running == ["a~undo"]
    run.crash(writes=True)
    assert (run.state.plan.status, run.state.plan.waiting) == ("paused", ("a~undo",))
    run.ask("answer", step="a~undo", outcome="retry")
    run.wait()
    run.finish()
    assert run.state.plan.status == "failed"
    assert run.replayed().equal


def test_a_pause_holds_up_undoing() -> None:
    run = failed_after_two()
    run.ask("pause")
    run.succeed("b~undo")
    assert run.running == []
    run.ask("resume")
    assert run.running == ["a~undo"]
    assert run.replayed().equal


def test_a_refusal_leaves_no_trace_in_what_follows() -> None:
    plan = container("sequential", "s", tool("x"), tool("y"))
    run = CoreRun(plan, undoable("z", "s"))
    run.revise(container("sequential", "s", tool("x"), tool("y", tool="other")), undoable("z", "s"))
    run.finish()
    run.roll_back(1)
    run.ask("pause")
    run.compensate("nothing")
    run.revise(container("sequential", "s", tool("x", tool="other"), tool("y")))
    run.ask("resume")
    run.finish()
    assert run.replayed().equal
