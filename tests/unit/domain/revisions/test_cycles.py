"""Cycles are broken where they were closed, against checks of one edge after the other."""

import pytest
from hypothesis import given

from milepost.domain.errors import DependencyError
from milepost.domain.graph import check_nesting
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions import Edge, PlanDiff, apply, remove_cycles
from milepost.domain.revisions.tree import walk
from milepost.domain.steps import Dependency, DependencyType
from tests.unit.domain.made import container, step

from .made import linked_specs


def is_sound(spec: PlanSpec) -> bool:
    try:
        check_nesting(spec.steps)
    except DependencyError:
        return False
    return True


def left_out_one_by_one(spec: PlanSpec) -> tuple[Edge, ...]:
    """Write the edges in file order; leave out each with which the plan has a cycle."""
    edges = [Edge.of(e, target=path) for path, one in walk(spec.steps) for e in one.depends_on]
    gone: list[Edge] = []
    for number, edge in enumerate(edges):
        unwritten = (*gone, *edges[number + 1 :])
        if not is_sound(apply(spec, PlanDiff(removed_edges=unwritten))):
            gone.append(edge)
    return tuple(gone)


@given(linked_specs)
def test_exactly_the_edges_that_close_a_cycle_are_left_out(spec: PlanSpec) -> None:
    made, gone = remove_cycles(spec)

    assert gone == left_out_one_by_one(spec)
    assert made == apply(spec, PlanDiff(removed_edges=gone))
    assert is_sound(made)
    assert (made is spec) == is_sound(spec)


def pairs(edges: tuple[Edge, ...]) -> list[tuple[str, str]]:
    return [(edge.source, edge.target) for edge in edges]


def test_the_edge_of_a_cycle_that_was_written_last_is_named() -> None:
    spec = PlanSpec(steps=(step("a", "c"), step("b", "a"), step("c", "b"), step("d", "d", "a")))

    made, gone = remove_cycles(spec)

    assert pairs(gone) == [("b", "c"), ("d", "d")]
    assert [one.dependencies for one in made.steps] == [("c",), ("a",), (), ("a",)]


def test_a_cycle_through_a_container_is_broken() -> None:
    spec = PlanSpec(
        steps=(container("p", step("x", "q")), step("q", "p"), container("o", step("o")))
    )

    assert pairs(remove_cycles(spec)[1]) == [("p", "q")]


def test_what_may_overlap_closes_no_cycle() -> None:
    overlap = Dependency(step="b", type=DependencyType.PARALLEL)
    spec = PlanSpec(steps=(step("a", overlap), step("b", "a")))

    assert remove_cycles(spec) == (spec, ())


def test_a_dependency_on_what_is_not_there_is_left_for_the_check() -> None:
    spec = PlanSpec(steps=(step("a", "nowhere"),))

    assert remove_cycles(spec) == (spec, ())


@pytest.mark.parametrize("back", [1, -1])
def test_a_ring_of_ten_thousand_steps_loses_one_edge(back: int) -> None:
    names = [f"s{number}" for number in range(10_000)]
    ring = tuple(step(name, names[(at - back) % 10_000]) for at, name in enumerate(names))

    made, gone = remove_cycles(PlanSpec(steps=ring))

    assert pairs(gone) == [("s9998", "s9999") if back == 1 else ("s0", "s9999")]
    assert is_sound(made)
