"""pydantic's complaints, told in one clear line of our own."""

from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.errors import DependencyError, ValidationError
from milepost.domain.plans import Plan, PlanSpec
from milepost.domain.steps import StepSpec
from milepost.domain.validation import pointer, problems, validated

STEP: dict[str, Any] = {"id": "a", "kind": "tool", "tool": "noop", "input": {}}


def resolved(data: Any, place: str) -> Any:
    """Follow a JSON pointer (RFC 6901, section 4)."""
    for token in place.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


def refused(data: object, model: type[pydantic.BaseModel] = PlanSpec) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        validated(model, data, where="plan.yaml")
    return caught.value


def test_good_data_becomes_the_model() -> None:
    assert validated(PlanSpec, {"steps": [STEP]}) == PlanSpec(steps=(StepSpec(**STEP),))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "plan.yaml: `type`, `steps` and `id` are missing"),
        ({"id": "p", "type": "fixed"}, "plan.yaml: `steps` is missing"),
        (
            {"id": "p", "type": "fixed", "steps": [{"id": "a"}]},
            "plan.yaml at /steps/0: `kind` and `input` are missing",
        ),
    ],
)
def test_missing_fields_are_named_together(fields: dict[str, Any], message: str) -> None:
    assert str(refused(fields, Plan)) == message


@pytest.mark.parametrize(
    ("step", "place", "problem"),
    [
        ({"tmeout": 1}, "/tmeout", "`tmeout` is not known here; did you mean `timeout`?"),
        (
            {"retry": {"max_attempt": 3}},
            "/retry/max_attempt",
            "`max_attempt` is not known here; did you mean `max_attempts`?",
        ),
        (
            {"depends_on": [{"step": "b", "whn": "x"}]},
            "/depends_on/0/whn",
            "`whn` is not known here; did you mean `when`?",
        ),
        (
            {"retry": {"max_attempts": 0}},
            "/retry/max_attempts",
            "must be greater than or equal to 1, this is 0",
        ),
        (
            {"timeout": "soon"},
            "/timeout",
            "'soon' is not a duration; write it like 30s, 5m, 1h30m, 100ms or PT5M",
        ),
        ({"name": 7}, "/name", "must be text, this is 7"),
        ({"metadata": []}, "/metadata", "must be an object, this is []"),
        (
            {"input": {"dict": {"a/b~c": {1, 2}}}},
            "/input/dict/a~1b~0c",
            "must be a JSON value, this is {1, 2}",
        ),
        ({"tool": None}, "", "a tool step needs `tool`, the name of the tool to call"),
        (
            {"tool": None, "kind": "wait", "wait_until": "2026-01-31T12:00"},
            "/wait_until",
            "must have a time zone, like 2026-01-31T12:00:00Z, this is '2026-01-31T12:00'",
        ),
        (
            {"priority": 10**30},
            "/priority",
            "must be less than or equal to 1000000, this is a number of that many digits",
        ),
    ],
    ids=range(11),
)
def test_a_fault_is_told_with_its_place_and_how_to_mend_it(
    step: dict[str, Any], place: str, problem: str
) -> None:
    assert str(refused({"steps": [STEP | step]})) == f"plan.yaml at /steps/0{place}: {problem}"


def test_an_empty_list_of_steps_is_told_as_such() -> None:
    assert str(refused({"steps": []})) == (
        "plan.yaml at /steps: must have at least 1 item, this is []"
    )


def test_unknown_keys_come_first_and_the_others_are_counted() -> None:
    data = {"steps": [{"id": "a", "knd": "tool", "input": {}}, {**STEP, "priority": "high"}]}

    assert str(refused(data)) == (
        "plan.yaml at /steps/0/knd: `knd` is not known here (and 2 more problems);"
        " did you mean `kind`?"
    )


def test_a_fault_in_dependencies_stays_one_with_its_ids() -> None:
    error = refused({"steps": [{**STEP, "depends_on": ["b", "b"]}]})

    assert isinstance(error, DependencyError)
    assert error.ids == ("a", "b")
    assert str(error) == (
        "plan.yaml at /steps/0: step 'a' depends on 'b' twice; name each step once"
    )


def test_the_error_keeps_what_it_was_made_from() -> None:
    assert isinstance(refused({}).__cause__, pydantic.ValidationError)


@pytest.mark.parametrize("data", [None, [], "steps", 3])
def test_data_that_is_no_object_is_refused(data: object) -> None:
    assert str(refused(data)) == f"plan.yaml: must be an object, this is {data!r}"


KEYS = st.sampled_from(["id", "kind", "steps", "input", "depends_on", "retry", "cases", "whn"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(STEP),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES))
def test_whatever_is_wrong_is_one_short_line_that_points_into_the_data(
    data: dict[str, Any],
) -> None:
    try:
        PlanSpec.model_validate(data)
    except pydantic.ValidationError as error:
        found = problems(PlanSpec, data, error)
    else:
        return

    assert found
    assert len({problem.pointer for problem in found}) == len(found)
    for problem in found:
        resolved(data, problem.pointer)
        line = str(problem.error(where="plan.yaml"))
        assert "\n" not in line
        assert len(line) < 400


@given(st.lists(st.text(max_size=4) | st.integers(0, 9)))
def test_a_pointer_leads_to_what_it_points_at(parts: list[str | int]) -> None:
    data: Any = "here"
    for part in reversed(parts):
        data = [None] * part + [data] if isinstance(part, int) else {part: data}

    assert resolved(data, pointer(parts)) == "here"
