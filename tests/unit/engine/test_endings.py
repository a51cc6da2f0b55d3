"""How plans end: by which reason, of which type, with what kept and what missing."""

import pytest

from milepost.domain.plans import PlanResult

from .core_run import CoreRun, container, told, tool

ON = {"stop_on_first_failure": False}


def counts(result: PlanResult) -> tuple[int, int, int, int]:
    return (
        result.completed_steps,
        result.failed_steps,
        result.skipped_steps,
        result.cancelled_steps,
    )


def test_all_steps_done_ends_the_plan() -> None:
    run = CoreRun(tool("a"), tool("b"))
    run.succeed("b", 2)
    run.succeed("a", 1)
    assert run.log[-1].data() == {"reason": "all_done", "output_of": ["a", "b"]}
    assert (run.result.success, run.result.final_output) == (True, {"a": 1, "b": 2})


def test_the_last_step_of_a_chain_gives_the_output() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.succeed("a", 1)
    run.succeed("b", 2)
    assert run.result.final_output == 2


def test_a_step_marked_final_ends_the_plan_from_wherever_it_is() -> None:
    row = container("sequential", "s", tool("x", final=True), tool("y"))
    run = CoreRun(row, tool("slow"), tool("never", "s"))
    run.succeed("s.x", "enough")
    assert told(run.log)[-4:] == [
        "completed s.x",
        "cancelled slow",
        "cancelled s",
        "plan completed",
    ]
    assert run.log[-1].data() == {"reason": "flag", "output_of": ["s.x"]}
    assert run.result.final_output == "enough"
    assert counts(run.result) == (1, 0, 2, 2)


def test_the_first_failure_stops_the_plan_and_keeps_what_was_done() -> None:
    run = CoreRun(tool("a"), tool("b"), tool("c"), tool("d", "a"))
    run.succeed("a", "kept")
    events = run.fail("b", "disk")
    assert told(events) == ["failed b", "cancelled d", "cancelled c", "plan failed"]
    assert [event.data().get("reason") for event in events[1:]] == ["error"] * 3
    result = run.result
    assert (result.status, result.completion, result.reason) == ("failed", "error", "error")
    assert counts(result) == (1, 1, 0, 2)
    assert result.error_message == "step 'b' failed: b broke"
    assert run.state.steps["a"].output == "kept"  # type: ignore[index]


def test_without_stopping_independent_branches_go_on_and_the_end_is_partial() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c"), tool("d", "c"), settings=ON)
    run.fail("a")
    run.succeed("c", 3)
    run.succeed("d", 4)
    assert run.log[-1].data() == {
        "completion": "partial",
        "reason": "all_done",
        "output_of": ["d"],
        "missing": ["a", "b"],
    }
    result = run.result
    assert (result.status, result.completion, result.success) == ("completed", "partial", False)
    assert (counts(result), result.missing) == ((2, 1, 1, 0), ("a", "b"))


def test_if_nothing_was_done_the_plan_failed() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), settings=ON)
    run.fail("a", "disk")
    assert told(run.log)[-2:] == ["skipped b", "plan failed"]
    assert run.log[-1].data()["error"]["cause"]["code"] == "disk"
    assert run.result.missing == ("a", "b")


def test_if_nothing_could_run_the_plan_failed_though_no_step_did() -> None:
    run = CoreRun(tool("a", when="false"), tool("b", {"step": "a", "settle": "done"}))
    assert told(run.log)[2:] == ["skipped a", "skipped b", "plan failed"]
    assert run.result.error_message == "step 'b' could not run: step 'a' was skipped"


def test_a_plan_all_of_whose_steps_are_skipped_by_condition_is_done() -> None:
    run = CoreRun(tool("a", when="false"), tool("b", "a", when="false"))
    assert (run.result.status, run.result.completion) == ("completed", "success")
    assert counts(run.result) == (0, 0, 2, 0)


@pytest.mark.parametrize("stop", [True, False])
def test_the_four_counts_add_up_to_the_steps_that_came_into_being(stop: bool) -> None:
    steps = [
        container("parallel", "p", tool("x"), tool("y"), mode="stop_on_failure"),
        tool("a", "p"),
        tool("b"),
        container("loop", "l", tool("z"), for_each=[1, 2]),
    ]
    run = CoreRun(*steps, settings={"stop_on_first_failure": stop})
    run.succeed("l[0].z")
    run.fail("p.x")
    run.finish()
    assert run.state.plan.ended
    assert sum(counts(run.result)) == 8


def test_an_end_leaves_nothing_running_and_no_slot_taken() -> None:
    run = CoreRun(tool("a", resources={"gpu": 1}), tool("b"), settings={"resources": {"gpu": 1}})
    run.fail("b")
    assert (run.running, run.state.busy, run.state.held) == ([], 0, {"gpu": 0})
