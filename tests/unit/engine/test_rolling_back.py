"""Back to an earlier revision: what is kept, what is taken back, and what is adopted."""

from __future__ import annotations

from milepost.domain.course import revisions_of

from .core_run import CoreRun, Fields, container, told, tool

ON = {"stop_on_first_failure": False}


def reading(name: str, source: str, **fields: object) -> Fields:
    return tool(name, input={"x": f"${{{source}.output}}"}, **fields)


def changed_and_back(*outputs: int) -> CoreRun:
    """Return a plan of a, b, c in a row, finished by revision 2, where b was another tool."""
    run = CoreRun(tool("a"), reading("b", "a"), reading("c", "b"))
    run.revise(tool("a"), reading("b", "a", tool="other"), reading("c", "b"))
    for name, output in zip("abc", outputs, strict=True):
        run.succeed(name, output)
    run.roll_back(1)
    return run


def test_the_new_revision_equals_the_old_one() -> None:
    run = changed_and_back(1, 2, 3)
    first, second, third = revisions_of(run.own)
    assert third.content == first.content != second.content
    assert (third.number, third.parent, third.equals) == (3, 2, 1)
    assert (third.kept, third.reset) == (1, 2)
    assert (run.state.plan.status, run.state.plan.epoch) == ("running", 2)


def test_what_comes_to_the_same_is_adopted_and_what_does_not_runs() -> None:
    run = changed_and_back(1, 2, 3)
    assert run.running == ["b"]
    run.succeed("b", 2)
    assert (run.statuses["c"], run.state.steps["c"].source) == ("completed", "p1.c#2")  # type: ignore[index]
    assert run.state.plan.ended
    assert run.replayed().equal

    other = changed_and_back(1, 2, 3)
    other.succeed("b", 20)
    assert other.running == ["c"]


def test_a_memory_is_dropped_when_the_step_is_rewritten() -> None:
    run = changed_and_back(1, 2, 3)
    rewritten = reading("c", "b", tool="another")
    run.revise(tool("a"), reading("b", "a"), rewritten)
    run.succeed("b", 2)
    assert run.running == ["c"]
    assert run.replayed().equal


def test_a_memory_is_dropped_when_the_step_goes_and_another_of_its_name_comes() -> None:
    run = changed_and_back(1, 2, 3)
    run.revise(tool("a"), reading("b", "a"))
    run.revise(tool("a"), reading("b", "a"), reading("c", "b", tool="another"))
    run.succeed("b", 2)
    assert run.running == ["c"]


def test_what_taken_back_steps_wrote_to_the_context_is_taken_back() -> None:
    def plan(value: int) -> list[Fields]:
        return [tool("a", set={"k": 1}), tool("b", "a", set={"k": value, "only": 1})]

    run = CoreRun(*plan(2), context={"base": 0})
    run.revise(*plan(3), context={"base": 0})
    run.finish()
    assert run.state.plan.context == {"base": 0, "k": 3, "only": 1}
    run.roll_back(1)
    assert run.state.plan.context == {"base": 0, "k": 1}


def test_readers_of_the_context_follow_a_writer_that_went() -> None:
    one = {"max_parallel_steps": 1}
    reader = tool("r", "a", input={"x": "${context.k}"})
    run = CoreRun(tool("a"), reader, context={"k": 0}, settings=one)
    run.revise(tool("a"), tool("w", set={"k": 9}), reader, context={"k": 0}, settings=one)
    run.finish()
    assert run.state.plan.context == {"k": 9}
    run.roll_back(1)
    assert run.state.plan.context == {"k": 0}
    assert run.running == ["r"]


def test_running_children_are_not_orphaned_when_a_sibling_is_taken_back() -> None:
    plan = [container("parallel", "p", tool("x"), tool("y")), tool("z")]
    run = CoreRun(*plan, settings=ON)
    run.revise(*plan, tool("extra"), settings=ON)
    run.fail("p.x")
    run.roll_back(1)
    assert sorted(run.running) == ["p.x", "p.y", "z"]
    run.finish()
    assert (run.result.completed_steps, run.state.plan.ended) == (4, True)
    assert run.replayed().equal


def test_losers_of_a_race_do_not_call_for_another_race() -> None:
    plan = [container("parallel", "p", tool("x"), tool("y"), mode="first_success")]
    run = CoreRun(*plan, reading("after", "p"))
    run.succeed("p.x", 1)
    run.revise(*plan, reading("after", "p"), tool("more", "after"))
    run.succeed("after", 2)
    run.roll_back(1)
    assert run.state.plan.ended
    assert told(run.log).count("started p") == 1


def test_a_container_gets_back_a_child_that_it_had_lost() -> None:
    run = CoreRun(container("sequential", "s", tool("x"), tool("y")))
    run.revise(container("sequential", "s", tool("x")))
    run.succeed("s.x", 1)
    assert run.state.plan.ended
    run.roll_back(1)
    assert run.running == ["s.y"]
    assert told(run.log).count("started s.x") == 1
    run.succeed("s.y", 2)
    assert run.state.steps["s"].output == 2  # type: ignore[index]
    assert run.replayed().equal


def test_another_case_may_be_chosen_after_a_rollback() -> None:
    def plan(tool_name: str) -> list[Fields]:
        cases = [{"when": "a.output > 1", "steps": [tool("x")]}, {"steps": [tool("y")]}]
        branch = {"id": "b", "kind": "branch", "input": {}, "cases": cases}
        return [tool("first"), tool("a", "first", tool=tool_name), branch]

    run = CoreRun(*plan("one"))
    run.revise(*plan("two"))
    run.succeed("first")
    run.succeed("a", 5)
    run.succeed("b[0].x")
    run.roll_back(1)
    run.succeed("a", 0)
    assert run.running == ["b[1].y"]
    run.finish()
    assert (run.statuses["b[0].x"], run.statuses["b[1].y"]) == ("skipped", "completed")
    assert run.replayed().equal


def test_a_loop_that_goes_round_less_often_keeps_nothing_of_the_rest() -> None:
    def plan(tool_name: str) -> list[Fields]:
        loop = container("loop", "each", reading("x", "a"), for_each="${a.output}")
        return [tool("first"), tool("a", "first", tool=tool_name), loop]

    run = CoreRun(*plan("one"))
    run.revise(*plan("two"))
    run.succeed("first")
    run.succeed("a", [1, 2, 3])
    run.finish()
    run.roll_back(1)
    run.succeed("a", [1])
    run.finish()
    assert run.state.plan.ended
    assert (run.result.completed_steps, run.result.skipped_steps) == (4, 0)


def test_children_kept_in_a_container_on_hold_are_not_lost_to_the_next_change() -> None:
    def plan(tool_name: str) -> list[Fields]:
        return [container("sequential", "s", tool("x"), tool("y", tool=tool_name))]

    run = CoreRun(*plan("one"))
    run.revise(*plan("two"))
    run.finish()
    run.roll_back(1, hold=True)
    assert run.statuses == {"s.x": "completed"}
    run.roll_back(2, hold=True)
    assert run.statuses == {"s.x": "completed"}
    run.ask("resume")
    assert run.running == ["s.y"]
    assert run.replayed().equal


def test_a_response_is_given_again() -> None:
    answer = {"id": "r", "kind": "response", "input": {"text": "${a.output}"}, "depends_on": []}
    run = CoreRun(tool("a"), answer)
    run.revise(tool("a"), answer, tool("late", "r"))
    run.succeed("a", "hello")
    run.roll_back(1)
    assert run.result.final_output == "hello"
    assert (run.state.plan.status, run.state.plan.epoch) == ("completed", 2)


def test_a_question_stays_asked() -> None:
    question = {"id": "q", "kind": "user_input", "input": {"prompt": "?"}}
    run = CoreRun(question)
    run.revise(question, tool("b", "q"))
    run.roll_back(1)
    assert (run.state.plan.status, run.state.plan.waiting) == ("paused", ("q",))
    run.ask("answer", step="q", value=1)
    assert run.state.plan.ended
    assert run.replayed().equal


def test_a_wait_for_a_retry_goes_on() -> None:
    again = {"max_attempts": 2, "initial_delay": 5, "jitter": False}
    run = CoreRun(tool("a", retry=again))
    run.revise(tool("a", retry=again), tool("b", "a"))
    run.fail("a")
    run.roll_back(1)
    assert run.statuses == {"a": "retrying"}
    run.wait(5)
    assert run.running == ["a"]


def test_limits_count_anew_in_a_new_epoch() -> None:
    limited = {"max_steps": 2}
    run = CoreRun(tool("a"), tool("b", "a"), settings=limited)
    run.revise(tool("a"), tool("b", "a", tool="other"), settings=limited)
    run.finish()
    run.roll_back(1)
    run.succeed("b")
    assert run.state.plan.status == "completed"
    assert (run.state.epoch, run.state.starts) == (2, 1)


def test_what_one_rollback_took_back_the_next_does_not_bring_again() -> None:
    def plan(name: str) -> list[Fields]:
        return [tool("a"), tool("b", "a", tool=name, set={"k": 1})]

    run = CoreRun(*plan("one"), context={"k": 0})
    run.revise(*plan("two"), context={"k": 0})
    run.finish()
    run.roll_back(1, hold=True)
    run.roll_back(2, hold=True)
    assert run.state.plan.context == {"k": 0}


def test_a_step_that_was_taken_back_is_not_undone() -> None:
    def plan(name: str) -> list[Fields]:
        undo = {"tool": "undo", "input": {}}
        return [tool("a"), tool("b", "a", tool=name, compensate=undo), tool("c", "b")]

    run = CoreRun(*plan("one"))
    run.revise(*plan("two"))
    run.succeed("a")
    run.succeed("b")
    run.roll_back(1)
    run.ask("cancel")
    assert (run.state.plan.status, run.running) == ("cancelled", [])


def test_rounds_that_follow_from_one_another_are_taken_back_with_the_first_of_them() -> None:
    undo = {"tool": "undo", "input": {}}
    step = tool("x", compensate=undo)
    loop = container("loop", "l", step, tool("y", input={"n": "${previous}"}), count=2)
    run = CoreRun(loop, tool("z", "l"))
    run.revise(loop, tool("z", "l"), tool("more"))
    for name in ("l[0].x", "l[0].y", "l[1].x", "l[1].y"):
        run.succeed(name, name)
    run.compensate("l[0].x")
    run.succeed("l[0].x~undo")
    run.roll_back(1, hold=True)
    assert "l[1].y" not in run.statuses
