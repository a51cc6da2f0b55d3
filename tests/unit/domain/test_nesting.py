"""Dependencies across containers, against a simulation that starts and ends steps."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.errors import DependencyError, LimitError
from milepost.domain.graph import MAX_NESTING, check_nesting
from milepost.domain.ids import child_path
from milepost.domain.steps import Case, Dependency, StepKind, StepSpec

from .made import container, step

NAMES = ["a", "b", "a>", "a.b", "b[0]", "c"]
Moment = tuple[str, str]


class Found(NamedTuple):
    """A step with its path, its container's path, and what it waits for."""

    path: str
    parent: str
    waits_for: list[str]


@st.composite
def nested_steps(
    draw: st.DrawFn, *, outer: tuple[str, ...] = (), depth: int = 0
) -> tuple[StepSpec, ...]:
    """Return steps whose dependencies all exist; some go round in a circle."""
    most = 4 if depth == 0 else 2
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=most))
    made = []
    for name in names:
        visible = sorted({*names, *outer} - {name})
        edges = draw(st.lists(st.sampled_from(visible), unique=True, max_size=2)) if visible else []
        kinds = ["leaf", "parallel", "branch"] if depth < 2 else ["leaf"]
        kind = draw(st.sampled_from(kinds))
        inner = nested_steps(outer=(*outer, *names), depth=depth + 1)
        if kind == "leaf":
            made.append(step(name, *edges))
        elif kind == "parallel":
            made.append(container(name, *draw(inner), depends_on=tuple(edges)))
        else:
            made.append(branch(name, edges, [draw(inner) for _ in range(draw(st.integers(1, 2)))]))
    return tuple(made)


def branch(name: str, edges: Sequence[str], ways: Sequence[tuple[StepSpec, ...]]) -> StepSpec:
    last = len(ways) - 1
    cases = tuple(
        Case(when=None if number == last else "true", steps=way) for number, way in enumerate(ways)
    )
    depends_on = tuple(Dependency(step=edge) for edge in edges)
    return StepSpec(id=name, kind=StepKind.BRANCH, input={}, cases=cases, depends_on=depends_on)


def found_in(
    steps: Sequence[StepSpec], scope: Mapping[str, str], parent: str = "", index: int | None = None
) -> Iterator[Found]:
    """Yield every step; a dependency means the nearest step of that name."""
    own = {one.id: child_path(parent, one.id, index=index) for one in steps}
    sight = {**scope, **own}
    for one in steps:
        path = own[one.id]
        yield Found(path, parent, [sight[edge] for edge in one.dependencies])
        yield from found_in(one.steps, sight, path)
        for number, case in enumerate(one.cases):
            yield from found_in(case.steps, sight, path, number)


def waits(steps: Sequence[StepSpec]) -> dict[Moment, set[Moment]]:
    """Return for each start and end what must have come before."""
    everything = list(found_in(steps, {}))
    before: dict[Moment, set[Moment]] = {}
    for one in everything:
        start = before.setdefault(("start", one.path), set())
        start.update(("end", other) for other in one.waits_for)
        before.setdefault(("end", one.path), set()).add(("start", one.path))
    for one in everything:
        if one.parent:
            before["start", one.path].add(("start", one.parent))
            before["end", one.parent].add(("end", one.path))
    return before


def simulated(before: Mapping[Moment, set[Moment]]) -> set[Moment]:
    """Let everything happen that can; return what did."""
    happened: set[Moment] = set()
    while True:
        now = {moment for moment, needed in before.items() if needed <= happened} - happened
        if not now:
            return happened
        happened |= now


def is_cycle(before: Mapping[Moment, set[Moment]], paths: Sequence[str]) -> bool:
    """Tell whether the starts and ends of these steps really wait for each other in a ring."""
    for first in (("start", paths[0]), ("end", paths[0])):
        reached = {first}
        for earlier, later in pairwise(paths):
            inside = {("start", earlier)} if ("end", earlier) in reached else set()
            reached = {m for at in reached | inside for m in before[at] if m[1] == later}
        inside = {("start", paths[-1])} if ("end", paths[-1]) in reached else set()
        if first in reached | inside:
            return True
    return False


@given(nested_steps())
def test_a_plan_is_refused_exactly_when_some_step_could_never_end(
    steps: tuple[StepSpec, ...],
) -> None:
    before = waits(steps)
    if simulated(before) == set(before):
        check_nesting(steps)
        return

    with pytest.raises(DependencyError, match="circle") as caught:
        check_nesting(steps)

    cycle = caught.value.ids
    assert cycle[0] == cycle[-1]
    named_by_path = all(("start", name) in before for name in cycle)
    assert (named_by_path and is_cycle(before, cycle)) or is_cycle_of_one_list(steps, cycle)


def is_cycle_of_one_list(steps: Sequence[StepSpec], ids: Sequence[str]) -> bool:
    """Tell whether some one list has these ids in a ring: those are named without a path."""
    own = {one.id: one.dependencies for one in steps}
    if all(later in own.get(earlier, ()) for earlier, later in pairwise(ids)):
        return True
    inner = [one.steps for one in steps] + [case.steps for one in steps for case in one.cases]
    return any(is_cycle_of_one_list(children, ids) for children in inner if children)


def test_a_child_and_an_outer_step_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(DependencyError) as caught:
        check_nesting([container("p", step("x", "q")), step("q", "p")])

    assert set(caught.value.ids) == {"p", "p.x", "q"}


def test_a_fault_inside_a_container_is_told_with_its_path() -> None:
    with pytest.raises(DependencyError, match=r"inside step 'p\.q': step 'x' depends on itself"):
        check_nesting([container("p", container("q", step("x", "x")))])


def test_a_child_that_waits_for_its_own_container_is_refused() -> None:
    with pytest.raises(DependencyError) as caught:
        check_nesting([container("p", step("x", "p"))])

    assert set(caught.value.ids) == {"p", "p.x"}


def test_a_child_may_wait_for_an_outer_step_and_for_a_sibling_of_the_same_name() -> None:
    check_nesting([step("a"), container("p", step("a"), step("x", "a")), step("z", "p", "a")])


def test_inner_names_are_not_seen_from_outside() -> None:
    with pytest.raises(DependencyError, match="'x', which does not exist"):
        check_nesting([container("p", step("x")), step("z", "x")])


def test_ids_that_look_like_paths_are_told_apart() -> None:
    check_nesting([container("a", step("b")), step("a.b", "a"), step("a>", "a.b")])


def test_nesting_is_bounded() -> None:
    nest = step("leaf")
    for _ in range(MAX_NESTING - 1):
        nest = container("p", nest)

    check_nesting([nest])
    with pytest.raises(LimitError, match="the nesting of steps is at most 25"):
        check_nesting([container("p", nest)])
