"""Inputs are checked against their declarations when a run begins."""

import json

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
        ('{type: string, pattern: "("}', "pattern: '(' is no pattern"),
        (
            '{type: string, pattern: "((?=a)a)+"}',
            "look-around, including look-ahead and look-behind",
        ),
        ('{$ref: "#/minimum/x", minimum: 3}', "refers to what is not there"),
        ('{$ref: "#/$defs/gone"}', "refers to what is not there"),
        ('{$ref: "#/default", default: x}', "refers to what is no schema"),
        ('{$ref: "#/x-base", x-base: text}', "refers to what is no schema"),
        ('{$ref: "#", default: 1}', "refers to itself without end"),
        (
            "{unevaluatedProperties: false, patternProperties: {a: true}}",
            "both `unevaluatedProperties` and `patternProperties`",
        ),
    ],
)
def test_a_schema_that_could_not_check_anything_is_refused(schema: str, message: str) -> None:
    assert message in refusal(f"inputs: {{a: {schema}}}\nsteps: [{{tool: t}}]")


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object, default: {$ref: other.json}}",
        "{const: {$ref: other.json}, default: {$ref: other.json}}",
        "{type: number, multipleOf: 0.01, default: 19.99}",
        '{type: string, pattern: "^\\\\p{L}+$", default: Łódź}',
        '{type: string, pattern: "^[\\\\w .-]{1,255}$", default: a name}',
        '{type: string, pattern: "^(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z]).{8,}$", default: Passw0rd}',
        '{type: string, pattern: "^[a-z0-9]+(?:-[a-z0-9]+)*$", default: a-b-c}',
        '{$ref: "#/components/A", components: {A: {type: string}}, default: x}',
        '{$ref: "#/$defs/any", $defs: {any: true}}',
        '{$ref: "#/$defs/tree", $defs: {tree: {items: {$ref: "#/$defs/tree"}}}, default: [[[]]]}',
        "{patternProperties: {^x: {}}, additionalProperties: false, default: {xy: 1}}",
        "{type: string, format: colour, default: reddish}",
    ],
)
def test_what_json_schema_allows_is_no_fault(schema: str) -> None:
    assert "a" in load(f"inputs: {{a: {schema}}}\nsteps: [{{tool: t}}]").spec.inputs


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("{format: date}", "2026-02-30"),
        ("{format: email}", "nobody"),
        ("{format: ipv4}", "1.2.3"),
        ("{format: ipv6}", "1::2::3"),
        ("{format: uuid}", "12"),
        ("{multipleOf: 0.01}", 19.999),
        ("{patternProperties: {^x: {type: integer}}}", {"xy": "1"}),
        ("{patternProperties: {^x: {}}, additionalProperties: false}", {"xy": 1, "y": 1}),
        ("{properties: {x: {}}, additionalProperties: {type: integer}}", {"x": "", "y": "1"}),
    ],
)
def test_what_a_schema_forbids_is_refused(schema: str, value: Json) -> None:
    spec = load(f"inputs: {{a: {schema}}}\nsteps: [{{tool: t}}]").spec

    with pytest.raises(ValidationError, match="input `a`"):
        check_inputs(spec, {"a": value})


def test_a_pattern_takes_no_longer_than_the_text_is_long() -> None:
    text = "a" * 1000 + "!"
    schema = f'{{type: string, pattern: "^(a+)+$", default: "{text}"}}'

    assert "its default does not fit" in refusal(f"inputs: {{a: {schema}}}\nsteps: [{{tool: t}}]")


@pytest.mark.parametrize("word", ["allOf", "anyOf"])
def test_references_that_double_at_each_of_many_levels_are_given_up(word: str) -> None:
    levels = {f"d{at}": {word: [{"$ref": f"#/$defs/d{at + 1}"}] * 2} for at in range(64)}
    schema = {"$defs": {**levels, "d64": {"type": "string"}}, "$ref": "#/$defs/d0"}
    spec = load(f"inputs: {{a: {json.dumps(schema)}}}\nsteps: [{{tool: t}}]").spec

    with pytest.raises(ValidationError, match="number of rules that a value is tried by"):
        check_inputs(spec, {"a": 5 if word == "anyOf" else "text"})
