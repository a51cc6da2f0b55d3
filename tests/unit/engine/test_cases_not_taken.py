"""The cases that a branch did not take: nothing in them runs, whatever becomes of the plan."""

from __future__ import annotations

import pytest

from .core_run import CoreRun, Fields, container, told, tool

ON = {"stop_on_first_failure": False}


def choosing(*cases: list[Fields], when: str = "true", **fields: object) -> Fields:
    """Return a branch whose first case is taken while `when` holds, else the second."""
    written: list[Fields] = [{"when": when, "steps": cases[0]}]
    written += [{"when": "true", "steps": steps} for steps in cases[1:]]
    return {"id": "b", "kind": "branch", "input": {}, "cases": written, **fields}


def test_a_rollback_lets_the_branch_go_on_with_the_case_taken() -> None:
    run = CoreRun(choosing([tool("a")], [tool("x"), tool("y", final=True)]), tool("z", "b"))
    run.roll_back(1)
    assert (run.running, run.statuses["b[1].y"]) == (["b[0].a"], "skipped")
    run.crash()
    run.roll_back(1)
    run.succeed("b[0].a")
    assert run.running == ["z"]
    assert run.finish()[-1].kind == "plan.completed.v1"
    assert run.replayed().equal


@pytest.mark.parametrize(
    "gained",
    [
        [tool("x"), tool("y")],
        [tool("x"), tool("y", "x")],
        [tool("z")],
        [tool("y", "f"), tool("w", "y")],
    ],
    ids=["a step", "a step after another", "other steps", "steps after one outside"],
)
@pytest.mark.parametrize("crashes", [False, True])
def test_a_case_that_gains_steps_does_not_run_them(gained: list[Fields], *, crashes: bool) -> None:
    taken, outside = [tool("a")], tool("f")
    run = CoreRun(choosing(taken, [tool("x")]), outside)
    run.revise(choosing(taken, gained), outside)
    assert run.refusal is None
    if crashes:
        run.crash()
    assert run.running == ["b[0].a", "f"]
    run.finish()
    others = {path: status for path, status in run.statuses.items() if path.startswith("b[1]")}
    assert others == {f"b[1].{step['id']}": "skipped" for step in gained}
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


def test_steps_stay_passed_over_when_what_they_wait_for_runs_again() -> None:
    plan = (tool("f"), choosing([tool("a")], [tool("x", {"step": "f", "settle": "any"})]))
    run = CoreRun(*plan, settings=ON)
    run.fail("f", retryable=False)
    run.revise(*plan, settings=ON, again=["f"])
    assert "reset b[1].x" not in told(run.log)
    run.finish()
    assert (run.statuses["b[0].a"], run.statuses["b[1].x"]) == ("completed", "skipped")
    assert run.replayed().equal


def test_a_branch_that_is_tried_again_chooses_anew() -> None:
    retry = {"max_attempts": 2, "initial_delay": 0, "strategy": "fixed", "jitter": False}
    first = [tool("c", set={"k": 1}), tool("a", "c")]
    branch = choosing(first, [tool("x")], when="context.k == 0", retry=retry)
    run = CoreRun(branch, context={"k": 0})
    run.succeed("b[0].c")
    run.fail("b[0].a")
    run.crash()
    run.wait()
    run.crash()
    assert run.running == ["b[1].x"]
    run.revise(choosing(first, [tool("x"), tool("y", "x")], when="context.k == 0", retry=retry))
    run.finish()
    assert (run.statuses["b[0].a"], run.statuses["b[1].y"]) == ("skipped", "completed")
    assert run.replayed().equal


def test_a_branch_none_of_whose_cases_held_stays_so() -> None:
    branch = {**choosing([tool("a")], when="false"), "retry": {"max_attempts": 2}}
    run = CoreRun(branch, tool("z"))
    run.crash()
    run.roll_back(1)
    assert (run.running, run.statuses["b[0].a"]) == (["z"], "skipped")


def test_nothing_below_a_case_stays_finished_when_another_one_is_taken() -> None:
    waits = {"depends_on": [{"step": "f", "settle": "any"}]}
    inner = container("sequential", "s", tool("x"), tool("y"))
    branch = choosing([inner], [tool("w")], when="context.k == 0", **waits)
    run = CoreRun(tool("f", set={"k": 1}), branch, settings=ON, context={"k": 0})
    run.fail("f")
    run.succeed("b[0].s.x")
    run.fail("b[0].s.y")
    run.recover()
    run.succeed("f")
    assert run.running == ["b[1].w"]
    assert run.statuses["b[0].s"] == "skipped"
    assert {"b[0].s.x", "b[0].s.y"}.isdisjoint(run.statuses)
    run.finish()
    assert run.state.plan.status == "completed"
    assert run.replayed().equal
