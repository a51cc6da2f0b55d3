"""Back to a moment of the record: as it was then, and on from there."""

from __future__ import annotations

from milepost.domain.events import Event, StepStarted
from milepost.engine.core.derive import restore
from milepost.engine.saves import CHUNK, chunks

from .core_run import PLAN, CoreRun, Fields, container, told, tool

ON = {"stop_on_first_failure": False}


def event_of(run: CoreRun, words: str) -> Event:
    """Return the first event that is told in these words."""
    return run.log[told(run.log).index(words)]


def back(run: CoreRun, words: str, *, hold: bool = False) -> list[str]:
    """Restore the moment of an event and tell what was decided."""
    return told(run.restore(event_of(run, words).id, hold=hold))


def test_steps_finished_then_keep_their_results_and_later_ones_run_again() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c", "b"))
    run.finish()
    back(run, "completed a")
    assert run.refusal is None
    assert (run.state.plan.status, run.state.plan.epoch) == ("running", 2)
    assert (run.statuses, run.running) == ({"a": "completed", "b": "running"}, ["b"])
    assert told(run.log).count("started a") == 1
    run.finish()
    assert run.result.completed_steps == 3
    assert run.replayed().equal


def test_a_result_that_was_taken_back_since_is_there_again() -> None:
    run = CoreRun(tool("first"), tool("a", "first"))
    run.revise(tool("first"), tool("a", "first", tool="other"))
    run.succeed("first")
    run.succeed("a", 7)
    run.roll_back(1)
    assert back(run, "completed a")[:3] == ["plan restored", "cancelled a", "reset a"]
    adopted = run.state.steps["a"]  # type: ignore[index]
    assert (adopted.status, adopted.output, adopted.source) == ("completed", 7, "p1.a#2")
    assert run.state.plan.revision == 4
    assert run.state.plan.ended
    assert run.replayed().equal


def test_the_context_is_what_it_was() -> None:
    run = CoreRun(tool("a", set={"k": 1}), tool("b", "a", set={"k": 2}), context={"k": 0})
    run.finish()
    back(run, "completed a", hold=True)
    assert run.state.plan.context == {"k": 1}
    back(run, "plan started", hold=True)
    assert run.state.plan.context == {"k": 0}


def test_a_running_step_is_stopped_and_begins_anew() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.succeed("a")
    assert back(run, "plan started") == [
        "plan restored", "cancelled b", "reset a", "reset b",
        "plan request_answered", "started a",
    ]  # fmt: skip
    assert run.state.steps["b"].activation == 1  # type: ignore[index]


def test_what_waits_since_before_the_moment_goes_on_waiting() -> None:
    run = CoreRun({"id": "w", "kind": "wait", "input": {}, "wait_for": 60}, tool("a"))
    run.succeed("a")
    back(run, "started a")
    assert run.statuses == {"w": "suspended", "a": "running"}


def test_a_branch_keeps_the_choice_that_it_had_made() -> None:
    cases = [{"when": "context.k == 0", "steps": [tool("x"), tool("y")]}, {"steps": [tool("z")]}]
    branch = {"id": "b", "kind": "branch", "input": {}, "cases": cases}
    run = CoreRun(branch, tool("w", set={"k": 9}), context={"k": 0})
    run.succeed("w")
    run.finish()
    back(run, "completed w")
    assert run.running == ["b[0].x"]
    run.finish()
    assert run.statuses["b[1].z"] == "skipped"
    assert run.replayed().equal


def test_a_branch_that_had_not_chosen_chooses() -> None:
    cases = [{"when": "true", "steps": [tool("x")]}, {"steps": [tool("z")]}]
    run = CoreRun({"id": "b", "kind": "branch", "input": {}, "cases": cases})
    run.finish()
    decided = back(run, "started b")
    assert decided.count("plan decision_recorded") == 1
    assert run.running == ["b[0].x"]


def test_a_loop_keeps_its_rounds_though_its_condition_would_not_hold_by_now() -> None:
    counting = tool("x", set={"n": "${context.n + 1}"})
    loop = container("loop", "l", counting, tool("y"), **{"while": "context.n < 2"})
    run = CoreRun(loop, context={"n": 0})
    run.finish()
    outputs = run.state.steps["l"].output  # type: ignore[index]
    assert len(outputs) == 2  # type: ignore[arg-type]
    back(run, "completed l[1].x")
    assert run.running == ["l[1].y"]
    run.finish()
    assert run.state.steps["l"].output == outputs  # type: ignore[index]
    assert told(run.log).count("completed l[0].x") == 1
    assert run.replayed().equal


def test_a_container_that_was_tried_again_goes_on_with_that_attempt() -> None:
    again = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
    run = CoreRun(container("sequential", "s", tool("x"), retry=again), tool("z", "s"))
    run.fail("s.x")
    run.wait()
    run.succeed("s.x")
    run.finish()
    last_start = [event for event in run.log if told([event]) == ["started s"]][-1]
    run.restore(last_start.id)
    assert (run.state.steps["s"].attempt, run.running) == (2, ["s.x"])  # type: ignore[index]
    run.fail("s.x")
    assert run.state.plan.status == "failed"
    assert run.replayed().equal


def test_a_race_is_over_if_it_was() -> None:
    run = CoreRun(
        container("parallel", "p", tool("x"), tool("y"), mode="first_success"), tool("z", "p")
    )
    run.succeed("p.x", 1)
    run.finish()
    back(run, "completed p")
    assert run.statuses == {
        "p": "completed", "p.x": "completed", "p.y": "cancelled", "z": "running",
    }  # fmt: skip


def test_steps_that_were_being_stopped_are_under_way() -> None:
    run = CoreRun(tool("a"), tool("b"))
    run.ask("cancel")
    assert told(run.log)[-4:-2] == ["cancelled b", "cancelled a"]
    back(run, "cancelled b")
    assert sorted(run.running) == ["a", "b"]


def test_a_moment_after_the_end_of_this_epoch_is_refused() -> None:
    run = CoreRun(tool("a"))
    run.succeed("a")
    back(run, "plan completed")
    assert run.refusal == (
        "it had ended by then (completed); "
        "restore a moment before its end, or recover it if it failed"
    )
    assert run.state.plan.ended
    assert run.replayed().equal


def test_the_end_of_an_earlier_epoch_can_be_restored() -> None:
    run = CoreRun(tool("a"), tool("b"))
    run.fail("a")
    run.recover("restart")
    run.finish()
    assert run.state.plan.status == "completed"
    back(run, "plan failed")
    plan = run.state.plan
    assert (plan.status, plan.epoch, plan.missing) == ("failed", 3, ("a", "b"))
    assert run.statuses == {"a": "failed", "b": "cancelled"}
    run.recover("skip", ["a"])
    assert run.running == ["b"]
    assert run.replayed().equal


def test_a_moment_in_the_midst_of_undoing_is_refused() -> None:
    undo = {"tool": "undo", "input": {}}
    run = CoreRun(tool("a", compensate=undo), tool("b", "a"))
    run.succeed("a")
    run.fail("b")
    run.finish()
    back(run, "started a~undo")
    assert run.refusal == ("it was undoing its steps then; restore a moment before or after that")


def test_a_step_undone_since_runs_again() -> None:
    undo = {"tool": "undo", "input": {}}
    run = CoreRun(tool("a", compensate=undo), tool("b", "a"))
    run.succeed("a")
    run.fail("b")
    run.finish()
    back(run, "completed a")
    assert run.running == ["a"]
    run.succeed("a")
    run.fail("b")
    run.finish()
    assert told(run.log).count("completed a~undo") == 2
    assert run.replayed().equal


def test_the_content_of_that_time_holds_again_as_a_new_revision() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.revise(tool("a"), tool("c", "a"))
    run.finish()
    back(run, "plan started")
    assert (run.state.plan.revision, run.state.plan.content) == (3, "sha256:0")
    run.finish()
    assert (run.statuses, run.result.completed_steps) == (
        {"a": "completed", "b": "completed"}, 2,
    )  # fmt: skip


def test_a_held_plan_waits_even_with_nothing_left_to_do() -> None:
    run = CoreRun(tool("a"))
    run.succeed("a")
    back(run, "completed a", hold=True)
    assert run.state.plan.status == "paused"
    run.crash()
    assert run.state.plan.status == "paused"
    run.ask("resume")
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


def test_a_waiting_question_is_asked_again() -> None:
    run = CoreRun(
        tool("a"), {"id": "q", "kind": "user_input", "input": {"prompt": "?"}, "depends_on": ["a"]}
    )
    run.succeed("a")
    run.ask("answer", step="q", value=1)
    back(run, "completed a")
    assert (run.state.plan.status, run.state.plan.waiting) == ("paused", ("q",))


def test_restoring_again_and_again_takes_no_longer_each_time() -> None:
    run = CoreRun(tool("a", set={"k": 1}), tool("b", "a"))
    run.succeed("a")
    for _time in range(40):
        last = [event for event in run.own if event.kind == "plan.request_answered.v1"]
        run.restore(last[-1].id if last else run.log[-1].id)
    assert run.state.plan.context == {"k": 1}
    assert run.replayed().equal


def test_a_ready_plan_has_nothing_to_go_back_to() -> None:
    run = CoreRun(tool("a"))
    run.state.plan.status = type(run.state.plan.status)("ready")
    run.restore(run.log[0].id)
    assert run.refusal == "a plan that has not started cannot go back"


def plan_of_two(name: str) -> list[Fields]:
    return [tool("first"), tool("a", "first", tool=name)]


def test_a_remembered_result_is_remembered_again() -> None:
    run = CoreRun(tool("first"), tool("m", "first"), tool("a", "m", input={"x": "${m.output}"}))
    run.revise(
        tool("first"), tool("m", "first", tool="o"), tool("a", "m", input={"x": "${m.output}"})
    )
    run.succeed("first")
    run.succeed("m", 1)
    run.succeed("a", 2)
    run.roll_back(1)
    moment = run.own[-1].id
    run.succeed("m", 1)
    assert run.state.plan.ended
    run.restore(moment)
    run.succeed("m", 1)
    assert run.state.plan.ended
    assert told(run.log).count("started a") == 1


def test_a_branch_that_found_no_case_ends() -> None:
    cases = [{"when": "false", "steps": [tool("x"), tool("y")]}]
    run = CoreRun({"id": "b", "kind": "branch", "input": {}, "cases": cases}, tool("z"))
    run.finish()
    back(run, "skipped b[0].y")
    assert run.statuses["b"] == "completed"
    run.finish()
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


def test_an_ended_plan_that_was_read_from_its_record_is_restored_in_the_same_order() -> None:
    run = CoreRun(container("parallel", "p", tool("x")), tool("a"))
    run.finish()
    run.state = restore(PLAN, run.log, run.compiled)
    back(run, "plan drafted")
    assert run.replayed().equal


def test_a_container_goes_on_beside_a_step_that_runs_again_because_it_was_undone() -> None:
    undo = {"tool": "undo", "input": {}}
    inner = container("parallel", "p", tool("x"), tool("y"), depends_on=["a"])
    run = CoreRun(tool("a", compensate=undo), inner)
    run.succeed("a")
    run.succeed("p.x")
    run.fail("p.y")
    run.finish()
    back(run, "completed p.x")
    assert sorted(run.running) == ["a", "p.y"]
    run.finish()
    assert run.result.completed_steps == 4
    assert run.replayed().equal


def test_what_was_written_after_the_moment_does_not_come_back_with_a_rollback() -> None:
    run = CoreRun(tool("a"), tool("b", "a", set={"k": 1}), context={"k": 0})
    run.revise(tool("a"), tool("b", "a", set={"k": 1}), tool("c", "b"), context={"k": 0})
    run.finish()
    back(run, "plan request_answered", hold=True)
    run.roll_back(1, hold=True)
    assert run.state.plan.context == {"k": 0}


def test_a_container_fails_again_though_all_its_children_have_ended() -> None:
    again = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
    run = CoreRun(container("sequential", "s", tool("x"), tool("y"), retry=again))
    run.succeed("s.x")
    run.fail("s.y")
    assert "retrying s" in back(run, "failed s.y")
    assert run.running == ["s.x"]
    assert run.replayed().equal


def test_a_restoration_is_stored_at_once_however_many_steps_it_takes_back() -> None:
    pairs = [container("sequential", f"c{n}", tool("a"), tool("b")) for n in range(CHUNK)]
    run = CoreRun(*pairs, settings={"max_parallel_steps": 10_000})
    for number in range(CHUNK):
        run.succeed(f"c{number}.a")
    moment = run.own[-1].id
    run.finish()
    events = run.restore(moment)
    assert sum(isinstance(event, StepStarted) for event in events) > CHUNK
    assert chunks(events) == [events]
