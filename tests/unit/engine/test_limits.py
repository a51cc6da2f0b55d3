"""Limits on what a plan may spend: each ends or pauses the plan, and is named."""

import pytest

from milepost.engine.core.derive import restore

from .core_run import PLAN, CoreRun, container, told, tool
from .test_forking import fork

ON = {"stop_on_first_failure": False}
QUICK = {"max_attempts": 3, "initial_delay": 0, "jitter": False}


def test_reaching_max_steps_fails_the_plan_and_names_the_limit() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c", "b"), settings={"max_steps": 2})
    run.succeed("a")
    events = run.succeed("b")
    assert told(events) == ["completed b", "plan limit_reached", "plan failed"]
    assert events[1].data() == {"limit": "max_steps", "allowed": 2, "reached": 2}
    assert (run.result.reason, run.result.completed_steps) == ("max_steps", 2)


def test_max_steps_bounds_a_loop_without_end_of_steps_without_work() -> None:
    ask = {"id": "w", "kind": "sequential", "input": {}, "steps": [tool("t", when="false")]}
    endless = container("loop", "l", ask, **{"while": "true", "max_iterations": 1_000_000})
    run = CoreRun(endless, settings={"max_steps": 50})
    assert told(run.log)[-1] == "plan failed"
    assert run.result.reason == "max_steps"


def test_pausing_at_max_steps_gives_as_many_again_after_each_resume() -> None:
    chain = [tool("s0"), *(tool(f"s{number}", f"s{number - 1}") for number in range(1, 7))]
    run = CoreRun(*chain, settings={"max_steps": 3, "on_limit": "pause"})
    rounds = []
    while not run.state.plan.ended:
        rounds.append(len([word for word in told(run.finish()) if word.startswith("completed")]))
        if run.state.plan.status == "paused":
            assert run.state.plan.reason == "limit max_steps of 3 reached"
            run.ask("resume")
    assert rounds == [3, 3, 1]
    assert run.result.status == "completed"


def test_only_a_resume_after_the_limit_gives_steps_again() -> None:
    chain = [tool("s0"), *(tool(f"s{number}", f"s{number - 1}") for number in range(1, 9))]
    run = CoreRun(*chain, settings={"max_steps": 3, "on_limit": "pause"})
    run.finish()
    run.ask("resume")
    for _pause in range(2):
        run.ask("pause")
        run.ask("resume")
    assert (run.state.starts, run.running) == (1, ["s3"])
    run.finish()
    assert run.statuses.get("s6") is None


def test_what_was_spent_is_the_same_after_a_crash() -> None:
    chain = [tool("s0"), *(tool(f"s{number}", f"s{number - 1}") for number in range(1, 9))]
    run = CoreRun(*chain, settings={"max_steps": 3, "on_limit": "pause"})
    run.ask("pause")
    run.ask("resume")
    for _step in range(8):
        if run.state.plan.status == "paused":
            run.ask("resume")
        state = restore(PLAN, run.log, run.compiled)
        assert (state.starts, state.limit) == (run.state.starts, run.state.limit)
        run.succeed(run.running[0])


@pytest.mark.parametrize("crash", [True, False])
def test_reaching_max_retries_fails_the_plan_and_names_the_limit(crash: bool) -> None:
    steps = [tool("a", retry=QUICK), tool("b", retry=QUICK), tool("c")]
    run = CoreRun(*steps, settings={"max_retries": 1, **ON})
    run.fail("a")
    if crash:
        run.state = restore(PLAN, run.log, run.compiled)
    events = run.fail("b", "busy")
    assert told(events)[0] == "failed b"
    assert "plan limit_reached" in told(events)
    assert told(events)[-1] == "plan failed"
    assert run.result.reason == "max_retries"


def test_pausing_at_max_retries_keeps_the_retry_for_after_the_resume() -> None:
    run = CoreRun(tool("a", retry=QUICK), settings={"max_retries": 0, "on_limit": "pause"})
    assert told(run.fail("a")) == ["retrying a", "plan limit_reached", "plan paused"]
    assert run.wait(5) == []
    events = run.ask("resume")
    assert told(events) == ["plan resumed", "plan request_answered", "started a"]
    run.succeed("a")
    assert (run.result.status, run.replayed().equal) == ("completed", True)


def test_containers_that_go_on_in_a_fork_or_at_a_restored_moment_do_not_start_again() -> None:
    row = container("sequential", "q", tool("x"), tool("y"))
    parent = CoreRun(container("sequential", "p", row), settings={"max_steps": 4})
    moment = parent.succeed("p.q.x")[0]
    child = fork(parent, at=parent.own.index(moment))
    parent.finish()
    parent.restore(moment.id)
    for run in (child, parent):
        assert {"p": "running", "p.q": "running"}.items() <= run.statuses.items()
        again = restore(PLAN, run.log, run.compiled)
        assert (run.state.starts, again.starts, run.running) == (1, 1, ["p.q.y"])
        run.finish()
        assert run.result.success
        assert run.replayed().equal


def test_within_the_limits_nothing_is_said_of_them() -> None:
    run = CoreRun(tool("a", retry=QUICK), settings={"max_retries": 1, "max_steps": 2})
    run.fail("a")
    run.wait()
    run.succeed("a")
    assert "plan limit_reached" not in told(run.log)
    assert run.result.success
