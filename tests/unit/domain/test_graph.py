"""Order, levels, times and cycles of sibling steps, against brute force on random graphs."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from milepost.domain.errors import DependencyError
from milepost.domain.graph import Graph
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import Dependency, DependencyType, StepSpec

from .made import step

Parents = Mapping[str, tuple[str, ...]]
NAMES = [f"s{number}" for number in range(8)]


@st.composite
def step_lists(draw: st.DrawFn, *, acyclic: bool = False) -> list[StepSpec]:
    """Return steps in any file order, with edges of every type."""
    names = draw(st.permutations(NAMES[: draw(st.integers(1, len(NAMES)))]))
    ranks = draw(st.permutations(range(len(names))))
    steps = []
    for name, rank in zip(names, ranks, strict=True):
        others = [
            other
            for other, place in zip(names, ranks, strict=True)
            if other != name and (place < rank or not acyclic)
        ]
        chosen = draw(st.lists(st.sampled_from(others), unique=True, max_size=3)) if others else []
        kinds = [draw(st.sampled_from(DependencyType)) for _ in chosen]
        edges = [Dependency(step=o, type=k) for o, k in zip(chosen, kinds, strict=True)]
        steps.append(step(name, *edges))
    return steps


def parents_of(steps: list[StepSpec]) -> Parents:
    return {
        one.id: tuple(e.step for e in one.depends_on if e.type is not DependencyType.PARALLEL)
        for one in steps
    }


def brute_order(parents: Parents) -> list[str] | None:
    """Take the first step in file order that waits for nothing untaken; None when stuck."""
    taken: list[str] = []
    while len(taken) < len(parents):
        free = [s for s in parents if s not in taken and set(parents[s]) <= set(taken)]
        if not free:
            return None
        taken.append(free[0])
    return taken


def paths_to(parents: Parents, name: str) -> Iterator[list[str]]:
    if not parents[name]:
        yield [name]
    for parent in parents[name]:
        yield from ([*path, name] for path in paths_to(parents, parent))


def whole_paths(parents: Parents) -> list[list[str]]:
    waited_for = {parent for names in parents.values() for parent in names}
    return [path for name in parents if name not in waited_for for path in paths_to(parents, name)]


@given(step_lists())
def test_a_graph_is_refused_exactly_when_it_has_a_cycle(steps: list[StepSpec]) -> None:
    parents = parents_of(steps)
    order = brute_order(parents)
    if order is not None:
        assert Graph.of(steps).order() == order
        return

    with pytest.raises(DependencyError) as caught:
        Graph.of(steps)

    cycle = caught.value.ids
    assert cycle[0] == cycle[-1]
    assert len(set(cycle)) == len(cycle) - 1
    assert all(later in parents[earlier] for earlier, later in pairwise(cycle))
    assert " -> ".join(cycle) in str(caught.value)


@given(step_lists(acyclic=True))
def test_levels_group_what_can_run_together(steps: list[StepSpec]) -> None:
    parents = parents_of(steps)
    depth = {name: max(map(len, paths_to(parents, name))) - 1 for name in parents}
    expected = [
        [name for name in parents if depth[name] == level]
        for level in range(max(depth.values()) + 1)
    ]

    assert Graph.of(steps).levels() == expected


@given(step_lists(acyclic=True), st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_the_critical_path_is_a_longest_one(steps: list[StepSpec], lengths: list[int]) -> None:
    durations = dict(zip(NAMES, map(float, lengths), strict=True))
    paths = whole_paths(parents_of(steps))
    found = Graph.of(steps).critical_path(durations)

    assert found in paths
    assert sum(durations[name] for name in found) == max(
        sum(durations[name] for name in path) for path in paths
    )


@given(step_lists(acyclic=True), st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_times_and_slack_are_those_of_the_longest_paths(
    steps: list[StepSpec], lengths: list[int]
) -> None:
    durations = dict(zip(NAMES, map(float, lengths), strict=True))
    paths = whole_paths(parents_of(steps))
    length = {name: sum(durations[s] for s in path) for path in paths for name in path[-1:]}
    total = max(length.values()) if not paths else max(sum(durations[s] for s in p) for p in paths)

    for name, times in Graph.of(steps).schedule(durations).items():
        before = [path[: path.index(name)] for path in paths if name in path]
        through = [sum(durations[s] for s in path) for path in paths if name in path]
        assert times.earliest_start == max(sum(durations[s] for s in part) for part in before)
        assert times.earliest_end == times.earliest_start + durations[name]
        assert times.slack == total - max(through)


@given(step_lists(acyclic=True), st.data())
def test_the_executable_steps_are_those_whose_dependencies_are_done(
    steps: list[StepSpec], data: st.DataObject
) -> None:
    done = data.draw(st.sets(st.sampled_from([one.id for one in steps])))
    parents = parents_of(steps)
    expected = [name for name in parents if name not in done and set(parents[name]) <= done]

    found = PlanSpec(steps=tuple(steps)).executable_steps(done)

    assert [one.id for one in found] == expected


@given(step_lists(acyclic=True))
def test_completing_what_is_executable_runs_every_step_once_after_its_dependencies(
    steps: list[StepSpec],
) -> None:
    spec, parents = PlanSpec(steps=tuple(steps)), parents_of(steps)
    done: list[str] = []
    while ready := spec.executable_steps(done):
        assert all(set(parents[one.id]) <= set(done) for one in ready)
        done += [one.id for one in ready]

    assert sorted(done) == sorted(parents)


def test_the_groups_of_a_diamond_are_as_required() -> None:
    diamond = Graph.of([step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")])

    assert diamond.levels() == [["a"], ["b", "c"], ["d"]]
    assert diamond.children() == {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}
    durations = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 1.0}
    assert diamond.critical_path(durations) == ["a", "c", "d"]
    assert diamond.schedule(durations)["b"].slack == 1.0


def test_a_critical_path_goes_on_to_a_last_step_that_takes_no_time() -> None:
    assert Graph.of([step("a"), step("b", "a")]).critical_path({"a": 1.0}) == ["a", "b"]


@given(step_lists(acyclic=True), st.data())
def test_a_missing_dependency_is_named_with_what_was_probably_meant(
    steps: list[StepSpec], data: st.DataObject
) -> None:
    other = data.draw(st.sampled_from([one.id for one in steps]))
    assume(other != "s7")

    with pytest.raises(DependencyError, match="'late' depends on") as caught:
        Graph.of([*steps, step("late", f"{other}x")])

    assert caught.value.ids == (f"{other}x",)
    assert "did you mean `s" in str(caught.value)


def test_ids_from_outside_may_be_referred_to_and_are_no_nodes() -> None:
    graph = Graph.of([step("a", "outer"), step("b", "a")], outside=["outer"])

    assert graph.parents == {"a": (), "b": ("a",)}


def test_doubled_ids_are_all_named() -> None:
    with pytest.raises(DependencyError, match="`a`, `b`") as caught:
        Graph.of([step("a"), step("b"), step("c"), step("b"), step("a")])

    assert caught.value.ids == ("a", "b")


def test_the_message_of_a_long_cycle_is_short_and_its_ids_are_whole() -> None:
    names = [f"step-{number}" for number in range(500)]
    ring = [step(name, names[number - 1]) for number, name in enumerate(names)]

    with pytest.raises(DependencyError) as caught:
        Graph.of(ring)

    assert len(caught.value.ids) == 501
    assert len(str(caught.value)) < 400


def test_a_chain_of_ten_thousand_steps_is_ordered() -> None:
    names = [f"s{number}" for number in range(10_000)]
    chain = [step(names[0]), *(step(name, before) for before, name in pairwise(names))]

    assert Graph.of(chain).order() == names
