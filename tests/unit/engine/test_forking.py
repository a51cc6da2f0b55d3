"""Beginning where another plan stood: what is adopted, what is replaced, and what runs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from milepost.domain.aggregates import PlanStream
from milepost.domain.course import content_of
from milepost.domain.errors import UnknownNameError
from milepost.domain.events import PlanDrafted
from milepost.domain.values import ContentHash, Json
from milepost.engine.core import Forked, PlanState, decide
from milepost.engine.core.past import end_of
from milepost.engine.forks import forked_at
from milepost.engine.moments import Moment

from .core_run import CoreRun, Fields, container, told, tool

ON = {"stop_on_first_failure": False}
PARENT = "p0"


def fork(
    parent: CoreRun,
    at: int = -1,
    *,
    replace: Mapping[str, Json] | None = None,
    content: ContentHash | None = None,
    hold: bool = False,
) -> CoreRun:
    """Return a plan that begins where the parent stood after its event number `at`."""
    own = parent.own
    moment = Moment(own[at], own[: end_of(own, own[at].id)])
    then = parent.contents[content_of(moment.before)]
    content = content or content_of(moment.before)
    compiled = parent.contents[content]
    forked = forked_at(moment, then, compiled.spec, replace or {})
    forked = renamed(forked)._replace(hold=hold)
    child = CoreRun.__new__(CoreRun)
    child.__dict__.update(parent.__dict__)
    child.contents = {content: compiled}
    child.log, child.groups = [], []
    child.state = PlanState(PlanStream.shell("p1"), compiled)
    child.state.now = child.now
    child.state.record(PlanDrafted, content=content, context=compiled.spec.context)
    child.keep([*child.state.take(), *decide(child.state, forked, child.now)])
    return child


def renamed(forked: Forked) -> Forked:
    """Return what would be taken over if the parent were another plan than the one driven here."""
    taken = [
        one._replace(source=one.source.replace("p1", PARENT, 1) if one.source else None)
        for one in forked.inherited
    ]
    return forked._replace(parent=PARENT, inherited=tuple(taken))


def read(name: str, source: str, **fields: object) -> Fields:
    return tool(name, input={"x": f"${{{source}.output}}"}, **fields)


def finished() -> CoreRun:
    run = CoreRun(tool("a"), read("b", "a"), read("c", "b"), tool("d"))
    for name, output in zip("adbc", (1, 4, 2, 3), strict=True):
        run.succeed(name, output)
    return run


def test_what_was_finished_is_adopted_and_the_rest_runs() -> None:
    parent = finished()
    at = told(parent.own).index("completed b")
    child = fork(parent, at)
    assert child.running == ["c"]
    assert [child.state.steps[name].source for name in ("a", "b", "d")] == [  # type: ignore[index]
        "p0.a#2", "p0.b#2", "p0.d#2",
    ]  # fmt: skip
    child.succeed("c", 3)
    assert child.state.plan.ended
    assert child.replayed().difference is None


def test_a_replaced_result_runs_what_comes_after_unless_its_input_is_the_same() -> None:
    child = fork(finished(), replace={"a": 10})
    assert (child.statuses["a"], child.statuses["d"], child.running) == (
        "completed", "completed", ["b"],
    )  # fmt: skip
    child.succeed("b", 2)
    assert child.state.plan.ended
    assert child.state.steps["c"].source == "p0.c#2"  # type: ignore[index]
    assert child.replayed().difference is None


def test_what_taken_back_steps_wrote_is_not_in_the_context() -> None:
    run = CoreRun(
        tool("a", set={"k": 1}), read("b", "a", set={"k": 2, "only": 1}), context={"k": 0}
    )
    run.succeed("a", 1)
    run.succeed("b", 2)
    child = fork(run, replace={"a": 5})
    assert child.state.plan.context == {"k": 1}
    assert child.replayed().difference is None


def test_steps_that_are_written_anew_run_and_so_does_what_comes_after() -> None:
    parent = finished()
    other = parent.write(tool("a"), read("b", "a", tool="other"), read("c", "b"), tool("d"))
    child = fork(parent, content=other)
    assert child.running == ["b"]
    child.succeed("b", 20)
    assert child.running == ["c"]
    assert child.replayed().difference is None


def test_a_finished_container_with_another_child_begins_anew() -> None:
    parent = CoreRun(container("sequential", "s", tool("x"), tool("y")))
    parent.finish()
    other = parent.write(container("sequential", "s", tool("x"), tool("y", tool="other")))
    child = fork(parent, content=other)
    assert (child.statuses["s.x"], child.running) == ("completed", ["s.y"])
    assert child.replayed().difference is None


def test_a_loop_under_way_goes_on_though_its_condition_would_not_hold_by_now() -> None:
    counting = tool("x", set={"n": "${context.n + 1}"})
    loop = container("loop", "l", counting, tool("y"), **{"while": "context.n < 2"})
    parent = CoreRun(loop, context={"n": 0})
    parent.finish()
    at = told(parent.own).index("completed l[1].x")
    child = fork(parent, at)
    assert (child.running, child.state.plan.context) == (["l[1].y"], {"n": 2})
    child.finish()
    assert child.state.plan.ended
    assert child.replayed().difference is None


def test_a_branch_under_way_keeps_its_choice() -> None:
    cases = [{"when": "context.k == 0", "steps": [tool("x")]}, {"steps": [tool("z")]}]
    branch = {"id": "b", "kind": "branch", "input": {}, "cases": cases}
    parent = CoreRun(branch, tool("w", set={"k": 9}), context={"k": 0})
    parent.succeed("w")
    child = fork(parent)
    assert child.running == ["b[0].x"]
    assert child.replayed().difference is None


def test_what_was_stopped_with_the_parent_runs() -> None:
    parent = CoreRun(tool("a"), tool("b"))
    parent.succeed("a")
    parent.ask("cancel")
    child = fork(parent, told(parent.own).index("cancelled b"))
    assert child.running == ["b"]


def test_what_the_parent_did_is_not_the_forks_to_undo() -> None:
    undo = {"tool": "undo", "input": {}}
    parent = CoreRun(tool("a", compensate=undo), tool("b", "a", compensate=undo), tool("c", "b"))
    parent.succeed("a")
    child = fork(parent)
    child.succeed("b")
    child.fail("c")
    assert child.state.plan.compensation is not None
    assert child.state.plan.compensation.steps == ("b",)


def test_a_step_to_replace_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownNameError, match="there is no step 'nope'"):
        fork(finished(), replace={"nope": 1})


def test_a_fork_of_steps_whose_condition_does_not_hold_is_decided_again() -> None:
    parent = CoreRun(
        tool("a", set={"k": 1}), read("b", "a"), tool("s", when="false"), context={"k": 0}
    )
    child = fork(parent, 0, replace={"a": 1})
    assert child.statuses["s"] == "skipped"
    assert child.replayed().difference is None


def test_a_step_that_a_fork_itself_skips_at_once_is_not_taken_for_one_taken_over() -> None:
    group = container("parallel", "s", tool("x"), when="false")
    wait = {"kind": "wait", "input": {}, "wait_for": 5}
    parent = CoreRun(group, {"id": "a", "depends_on": ["s"], **wait}, {"id": "b", **wait})
    child = fork(parent, 0)
    assert next(word for word in told(child.own) if word.startswith("started")) == "started b"
    assert child.replayed().difference is None
    assert fork(parent).replayed().difference is None


def test_a_crash_right_after_a_fork_changes_nothing() -> None:
    child = fork(finished(), told(finished().own).index("completed b"), replace={"a": 7})
    child.crash()
    assert child.running == ["b"]
    child.succeed("b", 9)
    child.succeed("c", 9)
    assert child.state.plan.ended
    assert child.replayed().difference is None


@pytest.mark.parametrize("hold", [True, False])
@pytest.mark.parametrize("replace", [{"a": 5}, {"a": 5, "c": 5}])
@pytest.mark.parametrize("compensate", [None, {"tool": "undo", "input": {}}])
def test_a_result_that_its_steps_set_cannot_read_fails_the_fork_once_it_stands(
    replace: Mapping[str, Json], compensate: Fields | None, hold: bool
) -> None:
    parent = CoreRun(
        tool("a", set={"k": "${a.output.rows}"}, compensate=compensate),
        tool("c", set={"j": "${c.output.rows}"}),
        tool("b", "a"),
    )
    parent.succeed("a", {"rows": 1})
    parent.succeed("c", {"rows": 1})
    parent.succeed("b", 1)
    child = fork(parent, replace=replace, hold=hold)
    assert told(child.log)[-2:] == ["reset b", "plan failed"]
    error = child.state.plan.error
    assert error is not None
    assert error.message.startswith("`set` of step 'a': a.output.rows: there is no `rows`")
    assert child.replayed().equal
