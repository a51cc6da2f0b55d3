"""The plan's context: what is written, by whom, and that it is the fold of its events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.aggregates import PlanStream
from milepost.domain.events import ContextChanged
from milepost.domain.ids import path_of
from milepost.engine.core.context import context_without

from .core_run import PLAN, CoreRun, container, told, tool

AGAIN = {"max_attempts": 2, "initial_delay": 0, "jitter": False}


def test_a_completed_step_writes_what_it_says_and_the_record_names_it() -> None:
    writer = tool("a", set={"n": "${a.output.n}", "fixed": [1], "text": "got ${a.output.n}"})
    run = CoreRun(writer, tool("b", "a", input={"n": "${context.n}"}), context={"old": 1})
    events = run.succeed("a", {"n": 5})
    assert told(events) == ["completed a", "plan context_changed", "started b"]
    assert events[1].data() == {
        "changes": {"n": 5, "fixed": [1], "text": "got 5"},
        "step": "a",
    }
    assert events[1].cause == "p1.a#2"
    assert run.state.plan.context == {"old": 1, "n": 5, "fixed": [1], "text": "got 5"}
    assert run.state.instances["b"].input == {"n": 5}  # type: ignore[index]


@pytest.mark.parametrize("when", ["context.n == 0", "inputs.m == 1 && context.n == 0"])
@pytest.mark.parametrize("refused", [False, True])
def test_a_step_is_skipped_if_its_condition_no_longer_holds_when_it_would_start(
    when: str, *, refused: bool
) -> None:
    steps = [tool("a", set={"n": 1}), tool("b", when=when), tool("c", "b")]
    one = {"max_parallel_steps": 1}
    run = CoreRun(*steps, settings=one, inputs={"m": 1}, context={"n": 0}, breakpoints=["b"])
    run.ask("pause")
    if refused:
        run.compensate()
    run.succeed("a")
    run.ask("resume")
    assert (run.statuses["b"], run.running) == ("skipped", ["c"])
    assert run.replayed().equal


def test_a_condition_on_the_context_is_not_asked_again_of_a_step_that_has_begun() -> None:
    policy = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
    second = tool("b", when="context.n == 0", retry=policy)
    run = CoreRun(tool("a", set={"n": 1}), second, context={"n": 0})
    run.succeed("a")
    run.fail("b")
    run.wait()
    assert run.running == ["b"]


def test_a_failed_step_writes_nothing() -> None:
    run = CoreRun(tool("a", set={"n": 1}), settings={"stop_on_first_failure": False})
    run.fail("a")
    assert run.state.plan.context == {}


def test_a_write_that_cannot_be_resolved_fails_the_plan_and_says_where() -> None:
    run = CoreRun(tool("a", set={"n": "${a.output.missing}"}), tool("b"))
    events = run.succeed("a", {})
    assert told(events) == ["completed a", "cancelled b", "plan failed"]
    assert "`set` of step 'a'" in events[-1].data()["error"]["message"]


def test_the_initial_context_of_the_plan_is_left_alone() -> None:
    run = CoreRun(tool("a", set={"n": 2}), context={"n": 1})
    run.succeed("a")
    assert (run.spec.context, run.state.plan.context) == ({"n": 1}, {"n": 2})


WRITER = tool("a", set={"k": 1}, when="steps.s.output == 1")
WRITTEN = container("sequential", "c", tool("s"), WRITER, tool("b"), retry=AGAIN), tool("z")


def in_its_second_attempt() -> CoreRun:
    """Return a plan whose container is tried again after a step in it wrote to the context."""
    run = CoreRun(*WRITTEN, context={"k": 0})
    run.succeed("c.s", 1)
    run.succeed("c.a")
    run.fail("c.b")
    run.wait()
    assert (run.state.plan.context, run.running) == ({"k": 1}, ["z", "c.s"])
    return run


def test_a_restart_begins_without_what_an_earlier_attempt_of_a_container_wrote() -> None:
    run = in_its_second_attempt()
    run.fail("z", retryable=False)
    run.recover("restart")
    assert run.state.plan.context == {"k": 0}
    run.succeed("c.s", 2)
    assert run.statuses["c.a"] == "skipped"
    run.fail("z")
    run.recover()
    assert run.state.plan.context == {"k": 0}
    assert run.replayed().equal


def test_a_plan_that_is_given_up_keeps_the_context_that_it_has() -> None:
    run = in_its_second_attempt()
    run.fail("z", retryable=False)
    run.recover("abort")
    assert run.state.plan.context == context_without(run.own) == {"k": 1}


def test_a_rollback_leaves_out_what_an_earlier_attempt_of_a_container_wrote() -> None:
    run = in_its_second_attempt()
    run.revise(*WRITTEN, tool("y"), context={"k": 0})
    assert run.state.plan.context == {"k": 1}
    run.roll_back(1)
    assert run.state.plan.context == {"k": 0}
    run.finish()
    assert run.replayed().equal


@given(st.permutations(range(6)), st.frozensets(st.integers(0, 5)), st.integers(0, 6))
def test_the_context_is_the_fold_of_the_writes(
    order: list[int], failing: frozenset[int], crash: int
) -> None:
    names = ["x", "y"]
    steps = [
        tool(f"s{number}", set={names[number % 2]: number, f"k{number}": f"${{s{number}.output}}"})
        for number in range(6)
    ]
    run = CoreRun(*steps, settings={"max_parallel_steps": 6, "stop_on_first_failure": False})
    expected: dict[str, object] = {}
    for turn, number in enumerate(order):
        if turn == crash:
            run.crash()
        path = f"s{number}"
        if number in failing:
            run.fail(path)
        else:
            run.succeed(path, [number])
            expected |= {names[number % 2]: number, f"k{number}": [number]}
    folded = PlanStream.shell(PLAN)
    for event in run.log:
        if path_of(event.originator_id) is None:
            event.mutate(folded)
    assert run.state.plan.context == folded.context == expected
    writes = [event for event in run.log if isinstance(event, ContextChanged)]
    assert len(writes) == 6 - len(failing)
