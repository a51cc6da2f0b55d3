"""A plan that is paused stays as it is, whatever had failed before, until it is resumed."""

from __future__ import annotations

from milepost.domain.commands import ForgetCheckpoint

from .core_run import CoreRun, Fields, container, told, tool

GOING_ON = {"stop_on_first_failure": False}


def undoable(name: str, *needs: object) -> Fields:
    return tool(name, *needs, compensate={"tool": "undo", "input": {}})


def half_undone() -> CoreRun:
    """Return a failed plan that was undone on request, in which one step could not be."""
    run = CoreRun(undoable("a"), undoable("b", "a"), tool("c", "b"))
    run.succeed("a")
    run.succeed("b")
    run.fail("c")
    for _time in range(2):
        run.fail("b~undo", retryable=False)
        if run.running:
            run.succeed("a~undo")
        if run.state.plan.ended:
            run.compensate("b")
    return run


def test_who_takes_a_paused_plan_up_undoes_nothing() -> None:
    run = half_undone()
    assert (run.state.plan.status, run.running) == ("paused", [])
    run.crash()
    assert (run.state.plan.status, run.running) == ("paused", [])
    assert run.replayed().equal


def test_a_paused_plan_that_could_not_be_undone_can_be_cancelled() -> None:
    run = half_undone()
    run.crash()
    run.ask("cancel", why="enough")
    assert run.refusal is None
    run.finish()
    assert run.state.plan.status == "cancelled"
    assert run.replayed().equal


def test_a_plan_that_is_held_with_all_of_its_steps_finished_ends_once_it_is_resumed() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.finish()
    ends = [event.id for event in run.log if event.kind == "step.completed.v1"]
    run.restore(ends[-1], hold=True)
    assert run.statuses == {"a": "completed", "b": "completed"}
    run.crash()
    run.wait()
    assert run.state.plan.status == "paused"
    run.ask("resume")
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


def test_a_plan_that_waits_for_a_person_is_undone_and_stays_paused() -> None:
    asks = {"id": "ask", "kind": "user_input", "input": {"prompt": "go on?"}, "depends_on": ["a"]}
    run = CoreRun(undoable("a"), asks)
    run.succeed("a")
    assert run.state.plan.waiting == ("ask",)
    run.compensate()
    run.succeed("a~undo")
    assert run.state.plan.status == "paused"
    assert "plan resumed" not in told(run.log)
    assert run.replayed().equal


def test_a_moment_of_failure_is_held_when_that_is_asked_for() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.succeed("a")
    run.fail("b")
    failure = run.log[told(run.log).index("failed b")]
    run.restore(failure.id, hold=True)
    assert (run.refusal, run.state.plan.status) == (None, "paused")
    run.crash()
    assert run.state.plan.status == "paused"
    run.ask("resume")
    assert run.state.plan.status == "failed"
    assert run.replayed().equal


def test_what_is_only_noted_leaves_no_trace_in_what_follows_even_if_refused() -> None:
    each = {"for_each": [0], "steps": [tool("late", "slow"), tool("last")]}
    loop = {"id": "each", "kind": "loop", "input": {}, **each}
    run = CoreRun(container("parallel", "all", tool("slow"), loop), settings=GOING_ON)
    run.change("forget_checkpoint", ForgetCheckpoint(name="nowhere"))
    assert run.refusal is not None
    run.wait()
    run.fail("all.slow", retryable=False)
    assert run.replayed().difference is None
