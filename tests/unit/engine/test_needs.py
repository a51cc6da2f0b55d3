"""What a plan still needs: the tools and models of the steps that may yet run, and no others."""

from __future__ import annotations

import pytest

from milepost.engine.needs import named, needs, told

from .core_run import CoreRun, container, tool

UNDO = {"tool": "unwork", "input": {}}


def needed(run: CoreRun) -> dict[str, str | None]:
    """Return what the plan still needs by step."""
    return {need.step: need.tool for need in needs(run.state)}


def test_finished_steps_need_nothing_and_those_to_come_do() -> None:
    run = CoreRun(tool("a"), tool("b", "a", tool="second"), tool("c", "b", tool="third"))
    run.succeed("a")

    assert needed(run) == {"b": "second", "c": "third"}


def test_an_ended_plan_needs_nothing() -> None:
    run = CoreRun(tool("a", compensate=UNDO))
    run.succeed("a")

    assert needed(run) == {}


def test_a_case_that_was_not_taken_needs_nothing() -> None:
    cases = [
        {"when": "a.output == 1", "steps": [tool("x", tool="taken")]},
        {"steps": [tool("y", tool="left")]},
    ]
    branch = {"id": "choose", "kind": "branch", "input": {}, "cases": cases, "depends_on": ["a"]}
    run = CoreRun(tool("a"), branch)
    assert needed(run) == {"a": "work", "choose[0].x": "taken", "choose[1].y": "left"}
    run.succeed("a", 1)

    assert needed(run) == {"choose[0].x": "taken"}


def test_the_last_iteration_needs_only_what_is_left_of_it() -> None:
    steps = [tool("x", tool="first"), tool("y", "x", tool="second")]
    run = CoreRun(container("loop", "each", *steps, count=2))
    run.succeed("each[0].x")
    assert needed(run) == {"each[0].y": "second", "each.x": "first", "each.y": "second"}
    run.succeed("each[0].y")
    run.succeed("each[1].x")

    assert needed(run) == {"each[1].y": "second"}


def test_finished_children_of_a_container_that_may_be_tried_again_are_needed_still() -> None:
    steps = [tool("x", tool="first"), tool("y", "x", tool="second")]
    again = {"max_attempts": 2, "initial_delay": "1s"}
    run = CoreRun(container("sequential", "all", *steps, retry=again))
    run.succeed("all.x")

    assert needed(run) == {"all.x": "first", "all.y": "second"}


def test_what_undoes_a_step_is_needed_as_long_as_the_plan_may_fail() -> None:
    run = CoreRun(tool("a", compensate=UNDO), tool("b", "a"))
    run.succeed("a")

    assert needed(run) == {"b": "work", "a~undo": "unwork"}


def test_a_plan_that_undoes_its_steps_needs_only_what_does_that() -> None:
    run = CoreRun(tool("a", compensate=UNDO), tool("b", "a", compensate=UNDO), tool("c", "b"))
    run.succeed("a")
    run.succeed("b")
    run.ask("cancel")
    assert needed(run) == {"b~undo": "unwork", "a~undo": "unwork"}
    run.succeed("b~undo")

    assert needed(run) == {"a~undo": "unwork"}


def test_a_paused_plan_needs_what_is_under_way_and_nothing_else() -> None:
    run = CoreRun(tool("a"), tool("b", "a", tool="second"))
    run.ask("pause")
    assert needed(run) == {"a": "work"}
    run.succeed("a")

    assert needed(run) == {}


@pytest.mark.parametrize("replan", [None, {}])
def test_alternatives_are_needed_where_a_replan_may_take_them(replan: object) -> None:
    other = {"tool": "other"}
    run = CoreRun(tool("a", alternatives=[other]), settings={"replan": replan})
    found = {need.tool for need in needs(run.state)}

    assert found == ({"work"} if replan is None else {"work", "other"})


def test_a_step_that_asks_a_model_needs_one() -> None:
    run = CoreRun({"id": "a", "kind": "llm", "input": {"prompt": "x"}})

    assert needed(run) == {"a": None}
    assert named(run.compiled) == {None}


def test_each_thing_is_told_once_with_its_first_step_and_the_way_to_give_it() -> None:
    asked = [{"id": "m", "kind": "llm", "input": {"prompt": "x"}}]
    run = CoreRun(tool("a"), tool("b", "a"), container("sequential", "all", *asked))

    assert told("p1", needs(run.state)) == (
        "plan p1: it cannot be carried out without the tool 'work' (step 'a'), "
        "a model (step 'all.m'); give tools with --tools MODULE (`tools=` of `milepost.open`) "
        "and models with --models FILE (`models=` of `milepost.open`)"
    )
