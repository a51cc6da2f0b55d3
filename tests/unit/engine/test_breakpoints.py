"""Breakpoints: the plan pauses before a step, once, and goes on when it is resumed."""

from __future__ import annotations

import pytest

from milepost.domain.commands import ChangeBreakpoint

from .core_run import CoreRun, container, tool


def set_breakpoint(run: CoreRun, step: str, *, on: bool = True) -> None:
    run.change("breakpoint", ChangeBreakpoint(step=step, on=on))


def test_the_plan_pauses_before_the_step_and_passes_when_resumed() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    set_breakpoint(run, "b")
    run.succeed("a")
    assert (run.state.plan.status, run.running) == ("paused", [])
    assert run.state.plan.reason == "breakpoint before step 'b'"
    run.ask("resume")
    assert run.running == ["b"]
    assert run.replayed().equal


def test_a_breakpoint_of_the_draft_holds_from_the_start() -> None:
    run = CoreRun(tool("a"), breakpoints=["a"])
    assert (run.state.plan.status, run.running) == ("paused", [])
    run.crash()
    run.ask("resume")
    assert run.running == ["a"]
    assert run.replayed().equal


def test_without_numbers_it_stands_for_all_iterations() -> None:
    run = CoreRun(container("loop", "each", tool("x"), count=2), breakpoints=["each.x"])
    run.ask("resume")
    run.succeed("each[0].x")
    assert run.state.plan.status == "paused"
    run.ask("resume")
    run.finish()
    assert run.state.plan.ended


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
def test_a_container_is_stopped_at_before_its_children(kind: str) -> None:
    run = CoreRun(container(kind, "p", tool("x")), breakpoints=["p"])
    assert run.statuses == {}
    run.ask("resume")
    assert run.running == ["p.x"]


def test_a_retry_does_not_stop_again() -> None:
    again = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
    run = CoreRun(tool("a", retry=again), breakpoints=["a"])
    run.ask("resume")
    run.fail("a")
    run.wait()
    assert run.running == ["a"]


@pytest.mark.parametrize("crash", [True, False])
def test_it_holds_again_when_the_container_around_it_is_tried_again(crash: bool) -> None:
    again = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
    row = container("sequential", "c", tool("s"), tool("a"), retry=again)
    run = CoreRun(row, breakpoints=["c.a"])
    run.succeed("c.s")
    run.ask("resume")
    run.fail("c.a")
    run.wait()
    run.succeed("c.s")
    assert (run.state.plan.status, run.running) == ("paused", [])
    if crash:
        run.crash()
    run.ask("resume")
    assert run.running == ["c.a"]
    assert run.replayed().equal


def test_a_skipped_step_is_not_stopped_at() -> None:
    run = CoreRun(tool("a", when="false"), breakpoints=["a"])
    assert run.state.plan.status == "completed"


def test_going_back_makes_it_hold_again() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), breakpoints=["b"])
    run.succeed("a")
    moment = run.own[-1].id
    run.ask("resume")
    run.finish()
    run.restore(moment)
    assert (run.state.plan.status, run.running) == ("paused", [])
    assert run.replayed().equal


def test_a_breakpoint_taken_away_stops_nothing() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    set_breakpoint(run, "b")
    set_breakpoint(run, "b", on=False)
    run.succeed("a")
    assert run.running == ["b"]
    set_breakpoint(run, "b", on=False)
    assert run.refusal == "there is no breakpoint at 'b'"


def test_a_step_that_is_not_there_is_refused() -> None:
    cases = [{"steps": [tool("x")]}]
    run = CoreRun(tool("a"), {"id": "c", "kind": "branch", "input": {}, "cases": cases})
    set_breakpoint(run, "nope")
    assert run.refusal == "it has no step 'nope' to stop at"
    for known in ("c", "c.x", "c[0].x"):
        set_breakpoint(run, known)
        assert run.refusal is None


def test_an_ended_plan_stops_nowhere() -> None:
    run = CoreRun(tool("a"))
    run.succeed("a")
    set_breakpoint(run, "a")
    assert run.refusal == "a plan that is completed stops nowhere"
