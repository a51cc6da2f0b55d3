"""What is known of a content without building it."""

import pytest

from milepost.domain.ids import static_path
from milepost.domain.steps import StepKind
from milepost.projections.contents import ContentFacts, facts_of, iterations

from .made import body_of, container, plan_of, tool_step


def test_steps_outside_loops_are_counted_and_iterations_measured() -> None:
    inner = container("inner", StepKind.LOOP, tool_step("x"), tool_step("y"), count=2)
    each = container("each", StepKind.LOOP, tool_step("fetch", tool="http"), inner, count=3)
    both = container("both", StepKind.PARALLEL, tool_step("a"), tool_step("b"))
    assert facts_of(body_of(plan_of(tool_step("load"), both, each))) == ContentFacts(
        steps=5,
        loops={"each": 2, "each[*].inner": 2},
        tools=frozenset({"work", "http"}),
        names=frozenset(
            {"load", "both", "both.a", "a", "both.b", "b", "each", "each.fetch", "fetch"}
            | {"each.inner", "inner", "each.inner.x", "x", "each.inner.y", "y"}
        ),
    )


def test_the_tools_that_undo_a_step_or_may_take_its_place_are_tools_of_the_plan() -> None:
    step = tool_step("a", compensate={"tool": "undo"}, alternatives=[{"tool": "other"}])
    assert facts_of(body_of(plan_of(step))).tools == {"work", "undo", "other"}


def test_ids_of_any_text_are_known_as_they_are_and_as_a_path() -> None:
    names = facts_of(body_of(plan_of(tool_step("any id.1")))).names
    assert names == {"any id.1", "any%20id%2E1"}


def test_steps_of_branch_cases_count_whichever_is_taken() -> None:
    cases = [
        {"when": "true", "steps": [tool_step("x").model_dump()]},
        {"steps": [tool_step("y").model_dump(), tool_step("z").model_dump()]},
    ]
    branch = tool_step("choose", kind="branch", tool=None, cases=cases)
    facts = facts_of(body_of(plan_of(branch)))
    assert facts.steps == 4
    assert "choose.y" in facts.names


def test_what_is_no_plan_has_no_facts() -> None:
    assert facts_of(b"{}") == ContentFacts()


@pytest.mark.parametrize(
    ("path", "static"),
    [
        ("load", "load"),
        ("each[3].fetch", "each.fetch"),
        ("a[0].b[12].c", "a.b.c"),
        ("visualize.chart", "visualize.chart"),
        ("odd%5B1%5D", "odd%5B1%5D"),
    ],
)
def test_a_static_path_has_no_numbers(path: str, static: str) -> None:
    assert static_path(path) == static


def test_a_step_lies_in_the_iterations_of_all_loops_around_it() -> None:
    loops = {"a": 2, "a[*].b": 5}
    assert list(iterations("a[1].b[0].c[2].d", loops)) == [("a[1]", 2), ("a[1].b[0]", 5)]
    assert list(iterations("choose[1].x", loops)) == []


def test_an_iteration_of_another_loop_of_that_name_is_no_iteration_of_this_one() -> None:
    loops = {"pick[1].each": 3, "row.each": 2}
    assert list(iterations("pick[0].each[4].x", loops)) == []
    assert list(iterations("pick[1].each[4].x", loops)) == [("pick[1].each[4]", 3)]
    assert list(iterations("row[0].each[1].x", loops)) == []
