"""Patches of RFC 6902 lead from one plan's JSON to the other's."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.errors import LimitError, RefusedError, ValidationError
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions import apply_patch, patch_of
from milepost.domain.revisions.patch import MAX_OPERATIONS
from tests.unit.domain.made import container, plan, step

from .made import edited, specs, text, values

LOAD = PlanSpec(steps=(step("load", timeout="30s"), step("chart", "load")), name="Sales")


@given(st.data())
def test_a_patch_gives_the_other_plan(data: st.DataObject) -> None:
    old = data.draw(specs())
    new = data.draw(edited(old) | specs())
    patch = patch_of(old, new)

    made = apply_patch(old, json.loads(json.dumps(patch)))

    assert made == new
    assert text(made) == text(new)


pointers = st.lists(
    st.sampled_from(["steps", "0", "1", "-", "input", "x", "name", "timeout", "depends_on", "~2"]),
    max_size=4,
).map(lambda parts: "".join(f"/{part}" for part in parts))
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "ad"])},
    optional={"path": pointers | values, "from": pointers | values, "value": values},
)


@given(st.lists(operations | values, max_size=4))
def test_any_patch_gives_a_plan_or_one_clear_error(patch: list[Any]) -> None:
    before, given_patch = text(LOAD), json.dumps(patch)

    with suppress(RefusedError):
        assert isinstance(apply_patch(LOAD, patch), PlanSpec)

    assert text(LOAD) == before
    assert json.dumps(patch) == given_patch


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"op": "replace", "path": "/steps/0/timeot", "value": "1m"},
        "there is no 'timeot' at '/steps/0'",
        "did you mean `timeout`?",
    ),
    (
        {"op": "remove", "path": "/steps/2"},
        "there is no '2' at '/steps'",
        "the list there has 2 items",
    ),
    (
        {"op": "add", "path": "/stps/0/name", "value": "x"},
        "there is no 'stps' at ''",
        "did you mean `steps`?",
    ),
    ({"op": "move", "from": "/nme", "path": "/x"}, "there is no 'nme'", "did you mean `name`?"),
    (
        {"op": "add", "path": "/name/x", "value": 1},
        "there is no 'x' at '/name'",
        "neither an object nor a list",
    ),
    ({"op": "test", "path": "/name", "value": "x"}, "the plan holds another", "compare again"),
    ({"op": "delete", "path": "/name"}, "'delete' is no operation", "known operations: `add`"),
    ({"path": "/name"}, "None is no operation", "known operations"),
    ({"op": "add", "path": "/name"}, "'value' member", "as RFC 6902 does"),
]


@pytest.mark.parametrize(("operation", "problem", "mend"), FAULTS, ids=[f[1] for f in FAULTS])
def test_a_patch_that_does_not_apply_names_the_operation_the_fault_and_the_mend(
    operation: dict[str, Any], problem: str, mend: str
) -> None:
    first = {"op": "test", "path": "/name", "value": "Sales"}

    with pytest.raises(ValidationError) as caught:
        apply_patch(LOAD, [first, operation])

    assert caught.value.where.startswith("operation 2 {")
    assert problem in caught.value.problem
    assert mend in caught.value.mend


def test_a_patch_that_makes_no_plan_is_refused_with_the_place_in_the_plan() -> None:
    with pytest.raises(ValidationError, match="the patched plan at /steps/0/timout"):
        apply_patch(LOAD, [{"op": "add", "path": "/steps/0/timout", "value": "1m"}])

    with pytest.raises(ValidationError, match="the patched plan at /steps"):
        apply_patch(LOAD, [{"op": "remove", "path": "/steps/0"}] * 2)


def test_what_is_no_list_of_operations_is_refused() -> None:
    with pytest.raises(ValidationError, match="must be a list of operations"):
        apply_patch(LOAD, {"op": "remove", "path": "/name"})  # type: ignore[arg-type]


def test_too_many_operations_are_refused() -> None:
    test = {"op": "test", "path": "/name", "value": "Sales"}

    assert apply_patch(LOAD, [test] * MAX_OPERATIONS) == LOAD
    with pytest.raises(LimitError, match="operations of a patch is at most 10000"):
        apply_patch(LOAD, [test] * (MAX_OPERATIONS + 1))


def test_copies_that_double_the_plan_each_time_are_refused() -> None:
    start = [{"op": "add", "path": "/context", "value": {"x": [0] * 8}}]
    double = [
        {"op": "copy", "from": "/context/x", "path": "/context/y"},
        {"op": "add", "path": "/context/z", "value": []},
        {"op": "move", "from": "/context/y", "path": "/context/z/-"},
        {"op": "copy", "from": "/context/x", "path": "/context/z/-"},
        {"op": "move", "from": "/context/z", "path": "/context/x"},
    ]
    deeper = [
        {"op": "add", "path": "/context/x" + "/a" * depth, "value": {}} for depth in range(70)
    ]

    with pytest.raises(LimitError, match="values copied is at most"):
        apply_patch(LOAD, start + double * 40)
    with pytest.raises(LimitError, match="depth"):
        apply_patch(LOAD, start + deeper)


def test_the_id_and_state_of_a_plan_are_no_part_of_its_patch() -> None:
    built = plan(container("p", step("x")))

    assert patch_of(built, built.content()) == []
    assert type(apply_patch(built, [])) is PlanSpec
