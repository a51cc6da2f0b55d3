"""Inputs are checked against their declarations when a run begins."""

import pytest

from milepost.adapters.workflow import check_inputs, input_from_text
from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanSpec
from milepost.domain.values import Json

from .texts import load, refusal

TEXT = """
inputs:
  region: {type: string, enum: [EU, US], default: EU}
  limit: {type: integer, minimum: 1}
  note: {type: [string, "null"], required: false}
  sure: {type: boolean, default: true, required: true}
  filter: {type: object, properties: {a: {type: integer}}, required: [a], default: {a: 1}}
steps: [{tool: t}]
"""


@pytest.fixture
def spec() -> PlanSpec:
    return load(TEXT).spec


def test_defaults_fill_in_what_is_not_given(spec: PlanSpec) -> None:
    assert check_inputs(spec, {"limit": 3, "sure": False}) == {
        "region": "EU",
        "limit": 3,
        "sure": False,
        "filter": {"a": 1},
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sure": True}, "the input `limit` is missing"),
        ({"limit": 3}, "the input `sure` is missing"),
        ({"limit": 3, "sure": True, "regoin": "EU"}, "no input `regoin`; did you mean `region`?"),
        ({"limit": "3", "sure": True}, "input `limit`: must be a whole number, this is '3'"),
        ({"limit": 0, "sure": True}, "input `limit`: 0 is less than the minimum of 1"),
        ({"limit": 1, "sure": True, "region": "AS"}, "input `region`: 'AS' is not one of"),
        ({"limit": 1, "sure": True, "filter": {}}, "input `filter`: a: is missing"),
        ({"limit": 1, "sure": True, "note": 5}, "input `note`: must be text or null, this is 5"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(
    spec: PlanSpec, given: dict[str, Json], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        check_inputs(spec, given)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "5", "5"),
        ({"type": "string"}, "EU", "EU"),
        ({"type": "integer"}, "5", 5),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "boolean"}, "true", True),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "integer"}, "five", "five"),
        ({}, "5", 5),
        ({}, "EU", "EU"),
        ({"type": ["integer", "string"]}, "5", "5"),
    ],
)
def test_a_text_from_a_command_line_means(schema: dict[str, Json], text: str, value: Json) -> None:
    assert input_from_text(schema, text) == value


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ('{$ref: "http://127.0.0.1:9/x.json"}', "no schema is ever fetched"),
        ('{items: {$ref: "file:///etc/passwd"}}', "no schema is ever fetched"),
        ('{type: string, pattern: "("}', "pattern: '(' is not a 'regex'"),
        ('{$ref: "#/$defs/gone", default: 1}', "refers to what is not there"),
        ('{$ref: "#", default: 1}', "refers to what is not there"),
    ],
)
def test_a_schema_that_could_not_check_anything_is_refused(schema: str, message: str) -> None:
    assert message in refusal(f"inputs: {{a: {schema}}}\nsteps: [{{tool: t}}]")


def test_a_reference_into_nothing_is_told_when_a_value_is_checked() -> None:
    spec = load('inputs: {a: {$ref: "#/$defs/gone"}}\nsteps: [{tool: t}]').spec

    with pytest.raises(ValidationError, match="refers to what is not there"):
        check_inputs(spec, {"a": 1})
