"""Loops: over items, by count and by condition, in order or side by side, never without end."""

import pytest

from milepost.domain.errors import ExpressionError
from milepost.engine.core.derive import restore

from .core_run import PLAN, CoreRun, Fields, container, told, tool

AGAIN = {"max_attempts": 2, "initial_delay": 1, "jitter": False}
UNDO = {"tool": "undo", "input": {"p": "${previous}"}}


def loop(*steps: object, **fields: object) -> dict[str, object]:
    return container("loop", "l", *steps, **fields)  # type: ignore[arg-type]


def test_a_loop_over_items_names_each_item_and_gives_a_list() -> None:
    body = tool("x", input={"item": "${item}", "at": "${index}", "before": "${previous}"})
    run = CoreRun(loop(body, for_each=["a", "b"]))
    assert run.log[2].data()["bindings"] == {"/for_each": ["a", "b"]}
    assert run.log[3].data()["bindings"] == {"/item": "a", "/at": 0, "/before": None}
    run.succeed("l[0].x", "A")
    assert run.log[-1].data()["bindings"] == {"/item": "b", "/at": 1, "/before": "A"}
    run.succeed("l[1].x", "B")
    assert told(run.log)[-4:] == [
        "completed l[1].x",
        "plan decision_recorded",
        "completed l",
        "plan completed",
    ]
    decision = run.log[-3].data()
    assert (decision["chosen"], decision["why"]) == ("stop", "every item was gone over")
    assert decision["inputs"] == {"iterations": 2}
    assert run.result.final_output == ["A", "B"]


def test_items_may_come_from_an_earlier_step() -> None:
    run = CoreRun(tool("load"), loop(tool("x"), for_each="${load.output.rows}"))
    run.succeed("load", {"rows": [1, 2, 3]})
    run.finish()
    assert run.result.completed_steps == 5


@pytest.mark.parametrize("items", ["text", 5, {"a": 1}])
def test_what_is_no_list_is_refused_with_the_value(items: object) -> None:
    run = CoreRun(tool("load"), loop(tool("x"), for_each="${load.output}"))
    run.succeed("load", items)  # type: ignore[arg-type]
    assert told(run.log)[-2:] == ["failed l", "plan failed"]
    assert "needs a list" in run.log[-2].data()["error"]["message"]


@pytest.mark.parametrize("count", [-1, 1.5, True, "three"])
def test_a_count_is_a_whole_number_from_zero(count: object) -> None:
    run = CoreRun(tool("load"), loop(tool("x"), count="${load.output}"))
    run.succeed("load", count)  # type: ignore[arg-type]
    assert told(run.log)[-2:] == ["failed l", "plan failed"]
    assert "whole number" in run.log[-2].data()["error"]["message"]


@pytest.mark.parametrize("way", [{"for_each": []}, {"count": 0}, {"while": "false"}])
def test_a_loop_may_have_nothing_to_do(way: dict[str, object]) -> None:
    run = CoreRun(loop(tool("x"), **way))
    assert told(run.log)[2:] == [
        "started l",
        "plan decision_recorded",
        "completed l",
        "plan completed",
    ]
    assert run.state.steps["l"].output == []  # type: ignore[index]


def test_while_looks_before_each_iteration_and_until_after_it() -> None:
    run = CoreRun(loop(tool("x"), **{"while": "index < 2"}))
    run.finish()
    assert told(run.log).count("completed l[1].x") == 1
    assert run.log[-3].data()["why"] == "`index < 2` no longer holds"
    until = CoreRun(loop(tool("x"), until="previous.done"))
    until.succeed("l[0].x", {"done": False})
    until.succeed("l[1].x", {"done": True})
    assert until.result.final_output == [{"done": False}, {"done": True}]
    assert until.log[-3].data()["why"] == "`previous.done` holds"


def test_the_hard_limit_holds_for_a_condition_that_never_ends() -> None:
    run = CoreRun(loop(tool("x"), max_iterations=3, **{"while": "true"}))
    run.finish()
    assert told(run.log)[-2:] == ["failed l", "plan failed"]
    error = run.log[-2].data()["error"]
    assert (error["kind"], error["code"]) == ("limit", "max_iterations")
    assert "max_iterations of 3" in error["message"]
    assert run.result.completed_steps == 3


def test_the_hard_limit_stops_iterations_under_way() -> None:
    beside = tool("other")
    run = CoreRun(
        loop(tool("x"), for_each=[1, 2, 3], concurrency=2, max_iterations=2),
        beside,
        settings={"stop_on_first_failure": False},
    )
    run.succeed("l[0].x")
    assert told(run.log)[-3:] == ["completed l[0].x", "cancelled l[1].x", "failed l"]
    assert run.running == ["other"]


@pytest.mark.parametrize("over", [{"for_each": [1, 2]}, {"count": 2}])
@pytest.mark.parametrize(
    "reading",
    [{"input": {"p": "${previous}"}}, {"when": "previous == null"}, {"compensate": UNDO}],
)
def test_what_runs_side_by_side_has_no_iteration_before_it(over: Fields, reading: Fields) -> None:
    line = "^step 'y'.*: `previous` has no value in a loop whose iterations run side by side"
    with pytest.raises(ExpressionError, match=line):
        CoreRun(loop(tool("x"), tool("y", **reading), concurrency=2, **over))


def test_a_loop_in_one_that_runs_side_by_side_has_its_own_iteration_before() -> None:
    inner = container("loop", "i", tool("y", input={"p": "${previous}"}), until="previous == 2")
    run = CoreRun(loop(inner, count=2, concurrency=2))
    for at, turn, output in [(0, 0, 1), (1, 0, 5), (0, 1, 2), (1, 1, 2)]:
        run.succeed(f"l[{at}].i[{turn}].y", output)
    assert run.state.steps["l[1].i[1].y"].bindings == {"/p": 5}  # type: ignore[index]
    assert run.result.success


def test_concurrency_bounds_the_iterations_under_way() -> None:
    run = CoreRun(loop(tool("x"), tool("y"), for_each=[1, 2, 3], concurrency=2))
    assert run.running == ["l[0].x", "l[1].x"]
    run.succeed("l[1].x")
    assert run.running == ["l[0].x", "l[1].y"]
    run.succeed("l[1].y")
    assert run.running == ["l[0].x", "l[2].x"]
    run.finish()
    assert run.result.status == "completed"


@pytest.mark.parametrize("anew", [True, False])
def test_iterations_under_way_are_stopped_in_order_the_last_one_first(anew: bool) -> None:
    run = CoreRun(loop(tool("x"), count=12, concurrency=12), settings={"max_parallel_steps": 12})
    if anew:
        run.state = restore(PLAN, run.log, run.compiled)
    stopped = told(run.ask("cancel"))[:12]
    assert stopped == [f"cancelled l[{number}].x" for number in reversed(range(12))]
    assert run.replayed().equal


def test_a_failed_iteration_ends_the_loop() -> None:
    run = CoreRun(loop(tool("x"), for_each=[1, 2, 3]))
    run.succeed("l[0].x")
    run.fail("l[1].x", "bad item")
    assert told(run.log)[-3:] == ["failed l[1].x", "failed l", "plan failed"]
    assert run.log[-2].data()["error"]["step"] == "l[1].x"


def test_a_loop_that_is_tried_again_begins_with_its_first_iteration() -> None:
    run = CoreRun(loop(tool("x"), tool("y"), for_each=[1, 2], retry=AGAIN))
    run.succeed("l[0].x")
    run.succeed("l[0].y")
    run.fail("l[1].x")
    run.wait_for_timer()
    assert told(run.log)[-5:] == [
        "started l",
        "reset l[0].x",
        "reset l[0].y",
        "reset l[1].x",
        "started l[0].x",
    ]
    run.crash()
    assert run.running == ["l[0].x"]
    run.finish()
    assert run.result.final_output == [None, None]


def test_loops_inside_loops_have_iterations_of_their_own() -> None:
    inner = container("loop", "in", tool("x", input={"v": "${item}"}), for_each="${item}")
    run = CoreRun(loop(inner, for_each=[[1, 2], [3]]))
    run.finish()
    assert [path for path in run.statuses if path.endswith("x")] == [
        "l[0].in[0].x",
        "l[0].in[1].x",
        "l[1].in[0].x",
    ]


@pytest.mark.parametrize("refused", [False, True])
def test_a_step_that_finished_rounds_gain_runs_in_one_round_after_another(*, refused: bool) -> None:
    run = CoreRun(loop(tool("a"), tool("b"), for_each=[1, 2, 3]), tool("z", "l"))
    run.revise(loop(tool("a"), for_each=[1, 2, 3]), tool("z", "l"))
    for index in range(3):
        run.succeed(f"l[{index}].a", index)
    run.roll_back(1)
    if refused:
        run.compensate()
    for index in range(3):
        assert run.running == [f"l[{index}].b"]
        run.succeed(f"l[{index}].b")
    run.finish()
    assert (run.state.plan.status, told(run.log).count("started l[1].a")) == ("completed", 1)
    assert run.replayed().equal


@pytest.mark.parametrize("crashes", [False, True])
def test_no_more_rounds_go_on_at_once_than_the_loop_allows_when_its_body_gains_a_step(
    *, crashes: bool
) -> None:
    ways = {"for_each": [1, 2, 3, 4], "concurrency": 2}
    run = CoreRun(loop(tool("a"), **ways))
    for index in range(3):
        run.succeed(f"l[{index}].a")
    run.revise(loop(tool("a"), tool("b"), **ways))
    turns = []
    while run.running:
        if crashes:
            run.crash()
        turns.append(" ".join(run.running))
        run.succeed(run.running[0])
    assert turns == [
        "l[3].a l[0].b",
        "l[0].b l[1].b",
        "l[1].b l[2].b",
        "l[2].b l[3].b",
        "l[3].b",
    ]
    assert run.state.plan.status == "completed"
    assert run.replayed().equal


def test_a_round_under_way_waits_its_turn_once_the_body_gains_a_step() -> None:
    run = CoreRun(loop(tool("a"), count=3))
    run.succeed("l[0].a")
    run.succeed("l[1].a")
    run.revise(loop(tool("a"), tool("b"), count=3))
    assert run.running == ["l[2].a"]
    run.succeed("l[2].a")
    assert run.running == ["l[0].b"]
    assert told(run.finish())[1:5:2] == ["started l[1].b", "started l[2].b"]
    assert run.replayed().equal


@pytest.mark.parametrize("crashes", [False, True])
def test_a_loop_goes_on_with_rounds_that_it_has_begun_whatever_its_condition_says(
    *, crashes: bool
) -> None:
    body = [tool("x", set={"n": "${context.n + 1}"}), tool("y"), tool("v")]
    ways = {"while": "context.n < 2"}
    run = CoreRun(loop(*body, **ways), context={"n": 0})
    for name in ("l[0].x", "l[0].y", "l[0].v", "l[1].x"):
        run.succeed(name)
    run.ask("pause")
    run.succeed("l[1].y")
    run.revise(loop(*body, tool("w"), **ways), context={"n": 0})
    run.ask("resume")
    if crashes:
        run.crash()
    assert run.running == ["l[0].w"]
    run.succeed("l[0].w")
    if crashes:
        run.crash()
    assert run.running == ["l[1].v"]
    run.finish()
    assert run.statuses["l[1].w"] == "completed"
    assert run.replayed().equal
