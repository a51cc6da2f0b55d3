"""A comparison holds all that differs, and no more."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.errors import DependencyError, ValidationError
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions import PlanDiff, apply, diff
from milepost.domain.revisions.order import arranged, moved
from milepost.domain.steps import Case, Dependency, StepKind, StepSpec
from tests.unit.domain.made import container, step

from .made import edited, specs, text


def spec(*steps: StepSpec, **more: object) -> PlanSpec:
    return PlanSpec.model_validate({"steps": steps, **more})


def branch(name: str, *ways: tuple[StepSpec, ...]) -> StepSpec:
    cases = tuple(Case(when="true", steps=way) for way in ways)
    return StepSpec(id=name, kind=StepKind.BRANCH, input={}, cases=cases)


@given(st.data())
def test_applying_what_differs_gives_the_other_plan(data: st.DataObject) -> None:
    old = data.draw(specs())
    new = data.draw(edited(old) | specs())

    made = apply(old, diff(old, new))

    assert made == new
    assert text(made) == text(new)


@given(st.data())
def test_a_comparison_is_empty_exactly_when_the_plans_are_written_alike(
    data: st.DataObject,
) -> None:
    old = data.draw(specs())
    new = data.draw(edited(old))

    assert diff(old, old) == PlanDiff()
    assert diff(old, PlanSpec.model_validate_json(old.model_dump_json())).is_empty
    assert diff(old, new).is_empty == (text(old) == text(new))


@given(st.data())
def test_a_comparison_survives_its_json(data: st.DataObject) -> None:
    old = data.draw(specs())
    found = diff(old, data.draw(edited(old)))

    assert PlanDiff.model_validate_json(found.model_dump_json()) == found
    assert PlanDiff.model_validate(found.model_dump(mode="json")) == found


@given(st.data())
def test_what_nothing_is_told_of_is_not_made_anew(data: st.DataObject) -> None:
    old = data.draw(specs())
    new = data.draw(edited(old))
    held = {one.id: one for one in old.steps}
    same = {one.id for one in new.steps if one == held.get(one.id)}

    made = apply(old, diff(old, new))

    assert all(one is held[one.id] for one in made.steps if one.id in same)


def test_each_kind_of_difference_is_told_once_in_its_place() -> None:
    old = spec(
        step("load", timeout="30s"),
        step("drop", "load"),
        step("chart", "load", "drop"),
        step("last", Dependency(step="load", priority=1)),
    )
    new = spec(
        step("new"),
        step("last", Dependency(step="load", priority=2)),
        step("load", timeout="1m"),
        step("chart", "load", "new"),
        name="Sales",
        settings={"max_parallel_steps": 8},
    )

    assert diff(old, new).model_dump(mode="json", exclude_defaults=True) == {
        "added": [
            {
                "path": "new",
                "after": None,
                "step": {"id": "new", "kind": "tool_call", "tool": "noop", "input": {}},
            }
        ],
        "removed": [
            {
                "path": "drop",
                "step": {
                    "id": "drop",
                    "kind": "tool_call",
                    "tool": "noop",
                    "input": {},
                    "depends_on": [{"step": "load"}],
                },
            }
        ],
        "changed": {"load": {"timeout": {"old": "PT30S", "new": "PT60S"}}},
        "moved": [{"path": "last", "after": "new"}],
        "added_edges": [{"source": "new", "target": "chart"}],
        "removed_edges": [
            {"source": "load", "target": "drop"},
            {"source": "drop", "target": "chart"},
        ],
        "changed_edges": [
            {"source": "load", "target": "last", "changed": {"priority": {"old": 1, "new": 2}}}
        ],
        "settings": {"max_parallel_steps": {"old": 5, "new": 8}},
        "fields": {"name": {"old": None, "new": "Sales"}},
    }


def test_steps_inside_containers_and_cases_are_told_by_their_paths() -> None:
    old = spec(container("p", step("x.y"), step("b")), branch("way", (step("q"),), (step("q"),)))
    new = spec(
        container("p", step("x.y", priority=1), step("b")),
        branch("way", (step("q"),), (step("q", priority=1), step("r", "q"))),
    )

    found = diff(old, new)

    assert set(found.changed) == {"p.x%2Ey", "way[1].q"}
    assert [added.path for added in found.added] == ["way[1].r"]
    assert [(edge.source, edge.target) for edge in found.added_edges] == [("q", "way[1].r")]


def test_what_comes_inside_a_new_container_is_told_with_it_but_its_edges_are_told() -> None:
    found = diff(spec(step("a")), spec(step("a"), container("p", step("x", "a"), step("y", "x"))))

    assert [added.path for added in found.added] == ["p"]
    assert [(edge.source, edge.target) for edge in found.added_edges] == [
        ("a", "p.x"),
        ("x", "p.y"),
    ]


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (1, 1.0), (0.0, -0.0), ([{"a": 1}], [{"a": True}])]
)
def test_values_that_only_python_holds_for_equal_differ(before: object, after: object) -> None:
    old, new = spec(step("a", input={"x": before})), spec(step("a", input={"x": after}))

    assert set(diff(old, new).changed) == {"a"}


def test_the_order_of_keys_is_no_difference() -> None:
    old, new = spec(step("a", input={"x": 1, "y": 2})), spec(step("a", input={"y": 2, "x": 1}))

    assert diff(old, new).is_empty


def test_another_order_of_dependencies_alone_is_told_by_their_ids() -> None:
    old, new = spec(step("a"), step("b"), step("c", "a", "b")), ("b", "a")
    found = diff(old, spec(step("a"), step("b"), step("c", *new)))

    change = found.changed["c"]["depends_on"]
    assert (change.old, change.new) == (["a", "b"], ["b", "a"])
    assert found.added_edges == found.removed_edges == ()


def test_a_list_with_an_id_twice_is_refused() -> None:
    with pytest.raises(DependencyError, match="`a`"):
        diff(spec(step("a"), step("a")), spec(step("a")))


@given(st.permutations("abcdef"), st.permutations("abcdef"))
def test_no_fewer_moves_would_do(old: list[str], new: list[str]) -> None:
    told = moved(old, new)
    before = dict(zip(new, [None, *new], strict=False))
    staying = [name for name in old if name not in told]

    assert arranged(staying, {before[name]: name for name in told}) == new
    assert len(told) == fewest_moves(old, new)


def fewest_moves(old: list[str], new: list[str]) -> int:
    """Try all sets of names that could stay."""
    for size in range(len(old), 0, -1):
        place = {name: at for at, name in enumerate(new)}
        staying = {tuple(sorted(c, key=old.index)) for c in permutations(old, size)}
        if any(list(names) == sorted(names, key=place.__getitem__) for names in staying):
            return len(old) - size
    return len(old)


CHANGES: list[tuple[PlanSpec, PlanSpec, str]] = [
    (spec(step("a"), step("b")), spec(step("a")), "b: there is no such step"),
    (spec(step("a")), spec(step("a"), step("x")), "x: there is such a step already"),
    (spec(step("a")), spec(step("a", priority=3)), "a: `priority` is not what"),
    (spec(step("a")), spec(step("a", "x")), "a: it depends on 'x' already"),
    (spec(step("a", "b")), spec(step("a")), "a: it does not depend on 'b' in that way"),
    (spec(container("p", step("a"))), spec(container("p", step("a", name="n"))), "p.a: there is"),
    (spec(step("a")), spec(step("a"), name="n"), "the plan: `name` is not what"),
    (
        spec(step("a")),
        spec(step("a"), settings={"max_steps": 5}),
        "settings: `max_steps` is not what",
    ),
    (spec(step("b"), step("a")), spec(step("b"), step("y"), step("a")), "y: the step that it"),
]


@pytest.mark.parametrize(("old", "new", "problem"), CHANGES, ids=[case[2] for case in CHANGES])
def test_changes_that_were_found_on_another_plan_are_refused(
    old: PlanSpec, new: PlanSpec, problem: str
) -> None:
    other = spec(step("a", "x", priority=7), step("x"), name="other", settings={"max_steps": 7})

    with pytest.raises(ValidationError, match=problem) as caught:
        apply(other, diff(old, new))

    assert "compare the plans again" in str(caught.value)


def test_a_container_may_move_and_change_inside() -> None:
    old = spec(container("p", step("x")), step("a"))
    new = spec(step("a"), container("p", step("x"), step("y")))

    assert apply(old, diff(old, new)) == new


@pytest.mark.parametrize(
    ("field", "problem"),
    [("cases", "`cases` must list conditions"), ("depends_on", "names others than the edges do")],
)
def test_a_comparison_that_makes_no_sense_is_refused(field: str, problem: str) -> None:
    changed = {"a": {field: {"old": [], "new": 5}}}

    with pytest.raises(ValidationError, match=problem):
        apply(spec(step("a")), PlanDiff.model_validate({"changed": changed}))
