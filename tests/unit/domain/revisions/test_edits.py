"""Edits do what they say, leave all else alone, and name what is wrong with them."""

from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from milepost.domain.errors import DependencyError, LimitError, RefusedError, ValidationError
from milepost.domain.graph import MAX_NESTING, check_nesting
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions import PlanDiff, apply_edits, diff, lines, read_edits
from milepost.domain.revisions.edits import MAX_EDITS
from milepost.domain.revisions.tree import walk
from milepost.domain.steps import Case, Dependency, Settle, StepKind, StepSpec
from tests.unit.domain.made import container, step

from .made import NAMES, sound_specs, steps

BRANCH = StepSpec(
    id="way",
    kind=StepKind.BRANCH,
    input={},
    cases=(Case(when="x", steps=(step("q"),)), Case(steps=(step("r", "load"),))),
)
SPEC = PlanSpec(
    steps=(
        step("load", timeout="30s"),
        step("clean", Dependency(step="load", settle=Settle.DONE)),
        container("each", step("fetch", "clean"), step("keep", "fetch")),
        step("chart", "clean", "each"),
        BRANCH,
    )
)


def edited(*edits: dict[str, Any]) -> PlanSpec:
    return apply_edits(SPEC, read_edits(list(edits)))


def told(*edits: dict[str, Any]) -> list[str]:
    return [str(line) for line in lines(diff(SPEC, edited(*edits)))]


def new(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "tool", "tool": "noop", "input": {}, **more}


ASKED: list[tuple[dict[str, Any], list[str]]] = [
    ({"op": "add_step", "step": new("x")}, ["+ step x (tool noop)"]),
    (
        {
            "op": "add_step",
            "step": new("x", depends_on=["fetch"]),
            "into": "each",
            "after": "fetch",
        },
        ["+ step each.x (tool noop)", "+ edge fetch -> each.x"],
    ),
    (
        {"op": "add_step", "step": new("x"), "into": "way", "case": 1},
        ["+ step way[1].x (tool noop)"],
    ),
    (
        {"op": "remove_step", "path": "chart"},
        ["- step chart", "- edge clean -> chart", "- edge each -> chart"],
    ),
    (
        {"op": "remove_step", "path": "clean", "reconnect": True},
        [
            "- step clean",
            "- edge load -> clean",
            "- edge clean -> each.fetch",
            "- edge clean -> chart",
            "+ edge load -> each.fetch (settle done)",
            "+ edge load -> chart (settle done)",
            '~ step chart: depends_on ["clean", "each"] -> ["load", "each"]',
        ],
    ),
    (
        {"op": "change_step", "path": "load", "fields": {"timeout": "1m", "name": "Load"}},
        ['~ step load: name none -> "Load"; timeout 30s -> 1m'],
    ),
    (
        {"op": "change_step", "path": "load", "fields": {"timeout": None}},
        ["~ step load: timeout 30s -> none"],
    ),
    ({"op": "move_step", "path": "chart", "after": None}, ["~ step chart: moved to the front"]),
    (
        {"op": "move_step", "path": "each.fetch", "after": "keep"},
        ["~ step each.fetch: moved after keep"],
    ),
    (
        {"op": "inject_step", "step": new("x"), "between": ["load", "clean"]},
        [
            "+ step x (tool noop)",
            "- edge load -> clean",
            "+ edge load -> x",
            "+ edge x -> clean (settle done)",
        ],
    ),
    (
        {"op": "inject_step", "step": new("x"), "between": ["clean", "each.fetch"]},
        [
            "+ step each.x (tool noop)",
            "- edge clean -> each.fetch",
            "+ edge clean -> each.x",
            "+ edge x -> each.fetch",
        ],
    ),
    (
        {"op": "add_edge", "step": "way[0].q", "depends_on": {"step": "each", "priority": 2}},
        ["+ edge each -> way[0].q (priority 2)"],
    ),
    ({"op": "remove_edge", "step": "chart", "depends_on": "clean"}, ["- edge clean -> chart"]),
    (
        {"op": "change_settings", "fields": {"max_parallel_steps": 8}},
        ["~ settings.max_parallel_steps 5 -> 8"],
    ),
]


@pytest.mark.parametrize(("edit", "expected"), ASKED, ids=[str(case[0]) for case in ASKED])
def test_an_edit_changes_what_it_says_and_nothing_else(
    edit: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(told(edit)) == sorted(expected)


def test_an_injected_step_stands_behind_the_first_of_the_two_where_it_can() -> None:
    made = edited({"op": "inject_step", "step": new("x"), "between": ["load", "clean"]})
    inner = edited({"op": "inject_step", "step": new("x"), "between": ["clean", "each.fetch"]})

    assert [one.id for one in made.steps][:3] == ["load", "x", "clean"]
    assert [one.id for one in inner.steps[2].steps] == ["x", "fetch", "keep"]


def test_an_injected_step_keeps_the_dependencies_that_it_has() -> None:
    step = new("x", depends_on=[{"step": "load", "settle": "any"}])
    made = edited({"op": "inject_step", "step": step, "between": ["load", "clean"]})

    assert made.steps[1].depends_on == (Dependency(step="load", settle=Settle.ANY),)


def test_a_setting_of_null_is_the_default_again() -> None:
    one = apply_edits(SPEC, read_edits([{"op": "change_settings", "fields": {"max_steps": 7}}]))
    two = apply_edits(one, read_edits([{"op": "change_settings", "fields": {"max_steps": None}}]))

    assert one.settings.max_steps == 7
    assert two == SPEC


def test_edits_are_carried_out_in_order_and_checked_together() -> None:
    made = edited(
        {"op": "add_edge", "step": "load", "depends_on": "first"},
        {"op": "add_step", "step": new("first")},
        {"op": "move_step", "path": "first", "after": None},
        {"op": "change_step", "path": "first", "fields": {"priority": 3}},
    )

    assert made.steps[0].priority == 3
    assert made.steps[1].dependencies == ("first",)


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"op": "remove_step", "path": "lod"}, "there is no step at 'lod'", "did you mean `load`?"),
    (
        {"op": "change_step", "path": "each.fetsh", "fields": {}},
        "there is no step at 'each.fetsh'",
        "did you mean `each.fetch`?",
    ),
    (
        {"op": "change_step", "path": "each[0].fetch", "fields": {}},
        "there is no step at 'each[0].fetch'",
        "did you mean `each.fetch`?",
    ),
    ({"op": "remove_step", "path": "way[00].q"}, "no step at 'way[00].q'", "`way[0].q`?"),
    ({"op": "add_step", "step": new("load")}, "a step 'load' already", "give it another id"),
    ({"op": "add_step", "step": new("x"), "after": "lode"}, "no sibling 'lode'", "mean `load`?"),
    ({"op": "add_step", "step": new("x"), "into": "load"}, "has no children", "name a container"),
    ({"op": "add_step", "step": new("x"), "into": "way"}, "is a branch", "say which `case`"),
    ({"op": "add_step", "step": new("x"), "into": "way", "case": 2}, "has no case 2", "another"),
    ({"op": "add_step", "step": new("x"), "into": "each", "case": 0}, "no case 0", "another"),
    (
        {"op": "add_step", "step": new("x", depends_on=["lod"])},
        "'x' depends on 'lod', which does not exist",
        "did you mean `load`?",
    ),
    ({"op": "remove_step", "path": "each.fetch"}, "'each.fetch': `each.keep`", "--reconnect"),
    ({"op": "remove_step", "path": "clean"}, "'clean': `each.fetch`, `chart`", "remove them"),
    ({"op": "remove_step", "path": "way[0].q"}, "at least 1 item", ""),
    (
        {"op": "change_step", "path": "load", "fields": {"timeot": "1m"}},
        "`timeot` is not known here",
        "did you mean `timeout`?",
    ),
    ({"op": "change_step", "path": "load", "fields": {"id": "clean"}}, "a step 'clean'", "other"),
    ({"op": "change_step", "path": "load", "fields": {"id": "lod"}}, "on 'load', which", "`lod`"),
    ({"op": "change_step", "path": "load", "fields": {"tool": None}}, "needs `tool`", ""),
    ({"op": "move_step", "path": "load", "after": "load"}, "no sibling 'load' to follow", ""),
    (
        {"op": "inject_step", "step": new("x"), "between": ["load", "chart"]},
        "'chart' does not depend on 'load', so nothing is between them",
        "known dependencies: `clean`, `each`",
    ),
    ({"op": "add_edge", "step": "load", "depends_on": "chart"}, "go round in a circle", "remove"),
    ({"op": "add_edge", "step": "load", "depends_on": "load"}, "depends on itself", "remove"),
    ({"op": "add_edge", "step": "chart", "depends_on": "clean"}, "on 'clean' twice", "once"),
    (
        {"op": "remove_edge", "step": "chart", "depends_on": "clan"},
        "does not depend on 'clan'",
        "did you mean `clean`?",
    ),
    ({"op": "change_settings", "fields": {"max_stps": 1}}, "`max_stps`", "`max_steps`?"),
]


@pytest.mark.parametrize(("edit", "problem", "mend"), FAULTS, ids=[str(f[0]) for f in FAULTS])
def test_a_faulty_edit_is_named_by_its_number_with_fault_and_mend(
    edit: dict[str, Any], problem: str, mend: str
) -> None:
    good = {"op": "change_step", "path": "load", "fields": {"priority": 1}}
    last = {"op": "change_step", "path": "way", "fields": {"priority": 1}}

    with pytest.raises(ValidationError) as caught:
        edited(good, edit, last)

    assert caught.value.where.startswith(f"edit 2 ({edit['op']})")
    assert problem in caught.value.problem
    assert mend in caught.value.mend


def test_the_only_step_of_a_plan_stays() -> None:
    with pytest.raises(ValidationError, match="is the plan's only one"):
        apply_edits(PlanSpec(steps=(step("a"),)), read_edits([{"op": "remove_step", "path": "a"}]))


def test_reconnecting_to_what_is_hidden_by_a_nearer_step_is_refused() -> None:
    spec = PlanSpec(steps=(step("a"), step("b", "a"), container("p", step("a"), step("x", "b"))))

    with pytest.raises(DependencyError, match=r"'p.x' cannot depend on 'a': there 'a' means 'p.a'"):
        apply_edits(spec, read_edits([{"op": "remove_step", "path": "b", "reconnect": True}]))


def test_a_step_of_the_same_name_in_another_list_is_no_dependency() -> None:
    spec = PlanSpec(steps=(step("a"), container("p", step("a"), step("x", "a"))))

    made = apply_edits(spec, read_edits([{"op": "remove_step", "path": "a"}]))

    assert [one.id for one in made.steps] == ["p"]


def test_a_plan_that_was_faulty_before_is_not_blamed_on_an_edit() -> None:
    spec = PlanSpec(steps=(step("a", "b"), step("b", "a")))

    with pytest.raises(DependencyError, match=r"^the plan: the dependencies go round"):
        apply_edits(spec, read_edits([{"op": "add_step", "step": new("x")}]))


def test_nesting_and_the_number_of_edits_are_bounded() -> None:
    nest = container("p", step("leaf"))
    for _ in range(MAX_NESTING):
        nest = container("p", nest)
    adding = [{"op": "add_step", "step": nest.model_dump(mode="json", exclude_defaults=True)}]
    move = {"op": "move_step", "path": "load", "after": None}

    with pytest.raises(LimitError, match=r"edit 1 \(add_step\): the nesting"):
        edited(*adding)
    with pytest.raises(LimitError, match="edits at once"):
        apply_edits(SPEC, read_edits([move]) * (MAX_EDITS + 1))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "at /edits: must be a list"),
        ([{"op": "delete_step", "path": "x"}], "at /edits/0"),
        ([{"op": "remove_step", "pat": "x"}], "`pat` is not known here"),
        ([{"op": "add_step", "step": {"id": "x", "kind": "tool", "input": {}}}], "needs `tool`"),
    ],
)
def test_what_is_no_edit_is_refused_with_its_place(data: object, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        read_edits(data, where="the request")


@st.composite
def edits_of(draw: st.DrawFn, spec: PlanSpec) -> list[dict[str, Any]]:
    """Return edits of paths that are mostly there."""
    paths = st.sampled_from([path for path, _step in walk(spec.steps)] + ["nowhere"])
    names = st.sampled_from(NAMES)
    made = names.flatmap(lambda name: steps(name, 2)).map(
        lambda one: one.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"depends_on"}
        )
    )
    after = st.none() | names
    kinds = [
        {"op": "add_step", "step": made, "into": st.just("") | paths, "after": after},
        {"op": "remove_step", "path": paths, "reconnect": st.booleans()},
        {
            "op": "change_step",
            "path": paths,
            "fields": st.sampled_from([{"priority": 2}, {"name": None}]),
        },
        {"op": "move_step", "path": paths, "after": after},
        {"op": "inject_step", "step": made, "between": st.tuples(paths, paths)},
        {"op": "add_edge", "step": paths, "depends_on": names},
        {"op": "remove_edge", "step": paths, "depends_on": names},
    ]
    fixed = [
        st.fixed_dictionaries({k: st.just(v) if isinstance(v, str) else v for k, v in kind.items()})
        for kind in kinds
    ]
    return draw(st.lists(st.one_of(fixed), min_size=1, max_size=3))


@given(st.data())
def test_any_edits_give_a_sound_plan_or_one_clear_error_and_leave_other_steps_as_they_were(
    data: st.DataObject,
) -> None:
    spec = data.draw(sound_specs)
    edits = data.draw(edits_of(spec))

    made = carried_out(spec, edits)
    event("refused" if made is None else "carried out")
    if made is None:
        return

    check_nesting(made.steps)
    before, named = dict(walk(spec.steps)), named_by(edits) | told_by(diff(spec, made))
    for path, one in walk(made.steps):
        if not any(name == path or name.startswith((f"{path}.", f"{path}[")) for name in named):
            assert one is before[path]


def carried_out(spec: PlanSpec, edits: list[dict[str, Any]]) -> PlanSpec | None:
    """Return the edited plan, None if an edit was refused by its number."""
    try:
        return apply_edits(spec, read_edits(edits))
    except RefusedError as error:
        if "edit" not in str(error):
            raise
        return None


def named_by(edits: list[dict[str, Any]]) -> set[str]:
    """Return the paths that edits name: one edit may undo another's change."""
    named = [edit.get(key) for edit in edits for key in ("path", "into", "step")]
    named += [path for edit in edits for path in edit.get("between", ())]
    return {path for path in named if isinstance(path, str)}


def told_by(found: PlanDiff) -> set[str]:
    """Return the paths of all that differs."""
    entries = (*found.added, *found.removed, *found.moved)
    edges = (*found.added_edges, *found.removed_edges, *found.changed_edges)
    return {*found.changed, *(one.path for one in entries), *(edge.target for edge in edges)}
