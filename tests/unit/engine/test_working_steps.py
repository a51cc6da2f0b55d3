"""Tool and model steps: what an attempt leaves behind, and what it was given."""

import pytest

from milepost.domain.errors import ExpressionError
from milepost.domain.events import StepStarted
from milepost.engine.core import AttemptFailed, AttemptSucceeded

from .core_run import PLAN, CoreRun, told, tool


def test_a_chain_leaves_two_events_a_step_and_each_names_its_cause() -> None:
    run = CoreRun(tool("a"), tool("b", "a"))
    run.finish()
    assert [(told([event])[0], event.cause) for event in run.log] == [
        ("plan drafted", ""),
        ("plan started", f"{PLAN}#1"),
        ("started a", f"{PLAN}#2"),
        ("completed a", f"{PLAN}.a#1"),
        ("started b", f"{PLAN}.a#2"),
        ("completed b", f"{PLAN}.b#1"),
        ("plan completed", f"{PLAN}.b#2"),
    ]


def test_every_cause_is_an_earlier_event() -> None:
    run = CoreRun(tool("a"), tool("b", "a", retry={"max_attempts": 2}), tool("c", "a"))
    run.succeed("a")
    run.fail("b")
    run.wait_for_timer()
    run.finish()
    seen = {""}
    for event in run.log:
        assert event.cause in seen, told([event])
        seen.add(event.id)


def test_a_model_step_works_like_a_tool_step() -> None:
    run = CoreRun({"id": "ask", "kind": "llm", "input": {"prompt": "hello"}})
    assert run.running == ["ask"]
    run.succeed("ask", "hi")
    assert run.result.final_output == "hi"


def test_resolved_templates_stand_beside_the_start_by_pointer() -> None:
    steps = [tool("a"), tool("b", input={"x": "${a.output.n}", "deep": [{"y": "${inputs.who}"}]})]
    run = CoreRun(*steps, inputs={"who": "ann"})
    run.succeed("a", {"n": 7})
    started = run.log[-1]
    assert isinstance(started, StepStarted)
    assert started.bindings == {"/x": 7, "/deep/0/y": "ann"}
    assert run.state.instances["b"].input == {"x": 7, "deep": [{"y": "ann"}]}  # type: ignore[index]


def test_a_later_attempt_gets_the_input_of_the_first() -> None:
    counting = tool("count", set={"n": "${count.output}"})
    flaky = tool("flaky", input={"n": "${context.n}"}, retry={"max_attempts": 2})
    run = CoreRun(flaky, counting, context={"n": 1})
    run.fail("flaky")
    run.succeed("count", 2)
    run.wait_for_timer()
    assert run.state.plan.context == {"n": 2}
    assert run.state.instances["flaky"].input == {"n": 1}  # type: ignore[index]
    assert run.log[-1].data() == {"attempt": 2}


def test_an_input_that_cannot_be_resolved_fails_the_step_and_names_the_path() -> None:
    run = CoreRun(tool("a"), tool("b", input={"x": "${a.output.rows[3]}"}))
    run.succeed("a", {"rows": []})
    assert told(run.log)[-2:] == ["failed b", "plan failed"]
    assert run.log[-2].data()["error"]["code"] == "expression"
    assert "a.output.rows" in run.log[-2].data()["error"]["message"]


def test_a_step_that_names_itself_is_refused() -> None:
    with pytest.raises(ExpressionError, match="refers to itself"):
        CoreRun(tool("a", input={"x": "${a.output}"}))


def test_a_reference_waits_even_where_the_edge_says_parallel() -> None:
    beside = tool("b", {"step": "a", "type": "parallel"}, input={"x": "${a.output}"})
    run = CoreRun(tool("a"), beside, tool("c", {"step": "a", "type": "parallel"}))
    assert run.running == ["a", "c"]
    run.succeed("a", 5)
    assert run.state.instances["b"].input == {"x": 5}  # type: ignore[index]


def test_what_a_step_writes_to_the_context_waits_for_what_it_names() -> None:
    run = CoreRun(tool("a"), tool("b", set={"both": ["${a.output}", "${b.output}"]}))
    assert run.running == ["a"]
    run.succeed("a", 1)
    run.succeed("b", 2)
    assert run.state.plan.context == {"both": [1, 2]}


@pytest.mark.parametrize("attempt", [0, 2])
def test_an_outcome_of_another_attempt_is_ignored(attempt: int) -> None:
    run = CoreRun(tool("a"))
    assert run.decide(AttemptSucceeded("a", attempt, 1)) == []  # type: ignore[arg-type]
    assert run.running == ["a"]


def test_an_outcome_of_an_ended_step_is_ignored() -> None:
    run = CoreRun(tool("a"), tool("b"))
    run.succeed("a")
    assert run.succeed("a", "again") == []
    assert run.fail("a") == []
    assert run.statuses["a"] == "completed"


def test_an_outcome_of_an_earlier_activation_is_ignored() -> None:
    again = {"max_attempts": 2, "initial_delay": 0}
    both = {"id": "both", "kind": "parallel", "input": {}, "mode": "stop_on_failure"}
    run = CoreRun({**both, "retry": again, "steps": [tool("x"), tool("y")]})
    run.fail("both.x")
    run.wait()
    assert run.running == ["both.x", "both.y"]
    late = AttemptSucceeded("both.y", 1, "old", activation=0)  # type: ignore[arg-type]
    assert run.decide(late) == []
    in_time = AttemptSucceeded("both.y", 1, "new", activation=1)  # type: ignore[arg-type]
    assert told(run.decide(in_time)) == ["completed both.y"]


def test_an_idempotency_key_is_the_same_for_all_attempts_of_an_activation() -> None:
    again = {"max_attempts": 2, "initial_delay": 0}
    inner = tool("x", retry=again)
    run = CoreRun({"id": "s", "kind": "sequential", "input": {}, "retry": again, "steps": [inner]})
    keys = []
    for _attempt in range(4):
        keys.append(run.state.instances["s.x"].key)  # type: ignore[index]
        run.fail("s.x")
        run.wait()
    assert keys == ["p1/s.x/0", "p1/s.x/0", "p1/s.x/1", "p1/s.x/1"]


def test_nothing_is_decided_after_the_plan_has_ended() -> None:
    run = CoreRun(tool("a"), tool("b"))
    run.fail("a")
    before = len(run.log)
    run.succeed("b")
    run.decide(AttemptFailed("b", 1, run.log[-1].error))  # type: ignore[arg-type, attr-defined]
    run.wait(100)
    assert len(run.log) == before
