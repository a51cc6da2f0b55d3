"""Which steps of a plan exist, and what each waits for."""

from milepost.domain.steps import StepKind
from milepost.projections.places import Place, places

from .made import container, plan_of, tool_step


def by_path(found: list[Place]) -> dict[str, Place]:
    return {place.path: place for place in found}


def test_steps_come_in_file_order_children_after_their_container() -> None:
    both = container("both", StepKind.PARALLEL, tool_step("x"), tool_step("y"))
    found = places(plan_of(tool_step("a"), both, tool_step("b", "both")))
    assert [place.path for place in found] == ["a", "both", "both.x", "both.y", "b"]


def test_loops_have_the_steps_of_the_iterations_that_began() -> None:
    each = container("each", StepKind.LOOP, tool_step("x"), tool_step("y"), count=3)
    assert [place.path for place in places(plan_of(each))] == ["each"]
    found = places(plan_of(each), {"each[0].x", "each[10].x", "each[2].y"})
    assert [place.path for place in found] == [
        "each",
        *("each[0].x", "each[0].y"),
        *("each[2].x", "each[2].y"),
        *("each[10].x", "each[10].y"),
    ]


def test_loops_inside_loops_have_iterations_of_their_own() -> None:
    inner = container("in", StepKind.LOOP, tool_step("x"), count=2)
    outer = container("out", StepKind.LOOP, inner, count=2)
    found = places(plan_of(outer), {"out[0].in", "out[1].in", "out[1].in[0].x"})
    assert [place.path for place in found] == ["out", "out[0].in", "out[1].in", "out[1].in[0].x"]


def test_a_step_waits_for_its_dependencies_and_for_what_it_refers_to() -> None:
    spec = plan_of(
        tool_step("a"),
        tool_step("b"),
        tool_step("c", "a", input={"q": "${b.output}"}),
        tool_step("d", {"step": "a", "type": "parallel"}),
    )
    found = by_path(places(spec))
    assert found["c"].after == ("a", "b")
    assert found["d"].after == ()
    assert [found[path].level for path in "abcd"] == [0, 0, 1, 0]


def test_children_of_an_ordered_container_wait_for_the_one_before() -> None:
    chain = container("chain", StepKind.SEQUENTIAL, tool_step("x"), tool_step("y"))
    both = container("both", StepKind.PARALLEL, tool_step("x"), tool_step("y", "x"), tool_step("z"))
    found = by_path(places(plan_of(chain, both)))
    assert found["chain.y"].after == ("chain.x",)
    assert found["both.y"].after == ("both.x",)
    assert found["both.z"].after == ()


def test_an_iteration_waits_for_the_one_before_unless_they_run_side_by_side() -> None:
    moved = {"each[0].x", "each[1].x"}
    one = container("each", StepKind.LOOP, tool_step("x"), tool_step("y"), count=2)
    found = by_path(places(plan_of(one), moved))
    assert found["each[1].x"].after == ("each[0].x", "each[0].y")
    many = one.model_copy(update={"concurrency": 2})
    assert by_path(places(plan_of(many), moved))["each[1].x"].after == ()


def test_a_child_may_wait_for_a_step_outside_its_container() -> None:
    both = container("both", StepKind.PARALLEL, tool_step("x", input={"q": "${a.output}"}))
    found = by_path(places(plan_of(tool_step("a"), both)))
    assert found["both.x"].after == ("a",)


def test_a_name_that_only_looks_like_a_step_closes_no_circle() -> None:
    spec = plan_of(
        tool_step("x", input={"q": "${rows.map(y, y.n)}"}), tool_step("y", "x"), tool_step("z")
    )
    found = by_path(places(spec))
    assert found["y"].after == ("x",)
    assert {place.level for place in found.values()} == {0}
