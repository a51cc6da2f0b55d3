"""Steps with children: parallel, sequential and branch, their ends and their second attempts."""

from datetime import timedelta

from .core_run import CoreRun, container, told, tool
from .test_forking import fork

AGAIN = {"max_attempts": 2, "initial_delay": 1, "jitter": False}
ON = {"stop_on_first_failure": False}


def test_parallel_children_overlap_and_the_last_end_is_the_joins_cause() -> None:
    run = CoreRun(container("parallel", "p", tool("x"), tool("y")), tool("z", "p"))
    assert run.running == ["p.x", "p.y"]
    run.succeed("p.y", 2)
    run.succeed("p.x", 1)
    assert told(run.log)[-3:] == ["completed p.x", "completed p", "started z"]
    assert run.log[-2].cause == "p1.p.x#2"
    assert run.state.steps["p"].output == {"x": 1, "y": 2}  # type: ignore[index]


def test_wait_all_lets_every_child_end_and_then_fails_with_the_childs_error() -> None:
    run = CoreRun(container("parallel", "p", tool("x"), tool("y")))
    run.fail("p.x", "broken")
    assert run.running == ["p.y"]
    run.succeed("p.y", 2)
    failed = run.log[-2].data()["error"]
    assert told(run.log)[-3:] == ["completed p.y", "failed p", "plan failed"]
    assert (failed["code"], failed["step"]) == ("broken", "p.x")
    assert failed["cause"]["message"] == "p.x broke"


def test_the_first_success_ends_the_step_and_stops_the_others() -> None:
    race = container("parallel", "p", tool("x"), tool("y"), tool("z"), mode="first_success")
    run = CoreRun(race)
    run.fail("p.x")
    run.succeed("p.z", "won")
    assert told(run.log)[-4:] == ["completed p.z", "cancelled p.y", "completed p", "plan completed"]
    assert run.result.final_output == {"z": "won"}
    assert "first to succeed" in run.log[-3].data()["reason"]


def test_of_two_that_succeed_in_one_moment_one_is_the_first() -> None:
    waits: list[dict[str, object]] = [
        {"id": name, "kind": "wait", "input": {}, "wait_for": 5} for name in ("first", "second")
    ]
    run = CoreRun(container("parallel", "p", *waits, tool("x"), mode="first_success"))
    assert told(run.wait(5)) == [
        "completed p.first",
        "cancelled p.x",
        "cancelled p.second",
        "completed p",
        "plan completed",
    ]
    late = CoreRun(container("parallel", "p", *waits, tool("x"), mode="first_success"))
    late.now += timedelta(seconds=9)
    assert told(late.succeed("p.x"))[:3] == [
        "completed p.x",
        "cancelled p.second",
        "cancelled p.first",
    ]


def test_without_any_success_the_race_fails() -> None:
    run = CoreRun(container("parallel", "p", tool("x"), tool("y"), mode="first_success"))
    run.fail("p.x")
    run.fail("p.y")
    assert told(run.log)[-2:] == ["failed p", "plan failed"]


def test_a_success_after_a_failure_wins_the_race_also_where_it_is_taken_up_again() -> None:
    race = container("parallel", "p", tool("x"), tool("y"), mode="first_success")
    run = CoreRun(race, tool("z", "p"))
    run.fail("p.x")
    won = run.succeed("p.y", 1)[0]
    forked = fork(run, at=run.own.index(won))
    run.restore(won.id)
    for again in (run, forked):
        assert again.state.steps["p"].output == {"y": 1}  # type: ignore[index]
        assert again.running == ["z"]
        assert again.replayed().equal


def test_a_success_after_a_failure_wins_the_race_after_a_crash() -> None:
    race = container("parallel", "p", tool("x"), tool("y"), mode="first_success")
    run = CoreRun(race, tool("z", "p"))
    run.fail("p.x")
    won = run.succeed("p.y", 1)[0]
    del run.log[run.log.index(won) + 1 :]
    run.crash()
    assert run.statuses["p"] == "completed"
    assert run.running == ["z"]


def test_stop_on_failure_stops_the_others_at_once() -> None:
    run = CoreRun(container("parallel", "p", tool("x"), tool("y"), mode="stop_on_failure"))
    run.fail("p.y")
    assert told(run.log)[-4:] == ["failed p.y", "cancelled p.x", "failed p", "plan failed"]


def test_sequential_children_run_in_order_and_the_last_output_is_the_steps() -> None:
    run = CoreRun(container("sequential", "s", tool("x"), tool("y"), tool("z")))
    assert run.running == ["s.x"]
    run.finish()
    assert [word for word in told(run.log) if word.startswith("started")] == [
        "started s",
        "started s.x",
        "started s.y",
        "started s.z",
    ]


def test_a_failed_child_ends_the_row_and_its_error_reaches_the_top_with_its_causes() -> None:
    inner = container("sequential", "inner", tool("x"), tool("y"))
    run = CoreRun(container("sequential", "outer", inner))
    run.fail("outer.inner.x", "disk")
    assert told(run.log)[-4:] == [
        "failed outer.inner.x",
        "failed outer.inner",
        "failed outer",
        "plan failed",
    ]
    error = run.log[-1].data()["error"]
    chain = []
    while error:
        chain.append(error.get("step"))
        error = error.get("cause")
    assert chain == ["outer", "outer.inner", "outer.inner.x", None]


def test_a_skipped_child_does_not_stop_the_row() -> None:
    run = CoreRun(container("sequential", "s", tool("x", when="false"), tool("y")))
    assert told(run.log)[-2:] == ["skipped s.x", "started s.y"]
    run.succeed("s.y", 5)
    assert run.result.final_output == 5


def branch(*cases: object, **fields: object) -> dict[str, object]:
    return {"id": "b", "kind": "branch", "input": {}, "cases": cases, **fields}


def test_the_first_case_that_holds_runs_and_the_others_are_skipped_with_the_reason() -> None:
    cases = [
        {"when": "inputs.n > 10", "steps": [tool("many")]},
        {"when": "inputs.n > 1", "steps": [tool("few")]},
        {"steps": [tool("none"), tool("nothing")]},
    ]
    run = CoreRun(branch(*cases), inputs={"n": 5})
    assert told(run.log)[2:] == [
        "started b",
        "plan decision_recorded",
        "skipped b[0].many",
        "skipped b[2].none",
        "skipped b[2].nothing",
        "started b[1].few",
    ]
    decision, skipped = run.log[3].data(), run.log[4]
    assert decision == {
        "what": "branch",
        "chosen": "inputs.n > 1",
        "why": "`inputs.n > 1` is the first case that holds",
        "step": "b",
        "inputs": {"inputs.n > 10": False, "inputs.n > 1": True},
        "alternatives": ["inputs.n > 10", "else"],
    }
    assert skipped.data() == {
        "reason": "branch",
        "detail": "case `inputs.n > 10` was not taken",
    }
    assert skipped.cause == run.log[3].id
    run.succeed("b[1].few", "done")
    assert run.result.final_output == "done"


def test_a_branch_without_a_case_that_holds_completes_with_nothing() -> None:
    run = CoreRun(branch({"when": "false", "steps": [tool("x")]}), tool("after", "b"))
    assert told(run.log)[3:] == [
        "plan decision_recorded",
        "skipped b[0].x",
        "completed b",
        "started after",
    ]
    assert run.log[3].data()["chosen"] == "none"


def test_a_condition_that_cannot_be_evaluated_fails_the_branch() -> None:
    run = CoreRun(tool("a"), branch({"when": "a.output.n > 1", "steps": [tool("x")]}))
    run.succeed("a", {})
    assert told(run.log)[-2:] == ["failed b", "plan failed"]
    assert run.log[-2].data()["error"]["code"] == "expression"


def test_a_container_is_tried_again_with_its_children_reset() -> None:
    row = container("sequential", "s", tool("x"), tool("y"), retry=AGAIN)
    run = CoreRun(row)
    run.succeed("s.x")
    run.fail("s.y")
    assert told(run.log)[-2:] == ["failed s.y", "retrying s"]
    run.wait_for_timer()
    assert told(run.log)[-4:] == ["started s", "reset s.x", "reset s.y", "started s.x"]
    assert "tried again" in run.log[-2].data()["reason"]
    run.finish()
    assert (run.result.status, run.result.completed_steps) == ("completed", 3)


def test_a_container_that_fails_in_every_attempt_fails() -> None:
    run = CoreRun(container("sequential", "s", tool("x"), retry=AGAIN))
    run.fail("s.x")
    run.wait_for_timer()
    run.fail("s.x")
    assert told(run.log)[-3:] == ["failed s.x", "failed s", "plan failed"]


def test_steps_left_waiting_by_a_failed_attempt_start_once_in_the_next() -> None:
    """One slot is given to others while `p.y` waits; the second attempt has a `p.y` of its own."""
    race = container("parallel", "p", tool("x"), tool("y"), mode="stop_on_failure", retry=AGAIN)
    first = tool("first", priority=5)
    steps = [first, tool("second", "first", priority=5), tool("third", "first", priority=5), race]
    run = CoreRun(*steps, settings={"max_parallel_steps": 2, **ON})
    assert (run.running, run.ready) == (["first", "p.x"], ["p.y"])
    run.succeed("first")
    assert (run.running, run.ready) == (["p.x", "second"], ["third", "p.y"])
    run.fail("p.x")
    assert run.running == ["second", "third"]
    run.wait_for_timer()
    run.finish()
    assert told(run.log).count("started p.y") == 1
    assert run.result.status == "completed"


def test_nested_ends_travel_up_in_one_save() -> None:
    deep = tool("x")
    for level in range(6):
        deep = container(["sequential", "parallel"][level % 2], f"c{level}", deep)
    run = CoreRun(deep)
    path = ".".join(f"c{level}" for level in range(5, -1, -1)) + ".x"
    assert len(run.succeed(path)) == 8
    assert run.result.status == "completed"
