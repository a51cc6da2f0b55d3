"""The JSON Schema of a workflow as authors write it, made from the plan's own models.

What the models say of a field is taken over; what authors may write in another way (other
spellings of a type, `for`, keys that go into the input) comes from `keys`.
"""

from __future__ import annotations

from pydantic import TypeAdapter

from milepost.domain.expressions import MAX_SOURCE
from milepost.domain.plans import PlanSpec, Reference
from milepost.domain.steps import MAX_ID_LENGTH, StepKind

from .keys import INTO_INPUT, KIND_KEYS, OF_PLAN, SHORT_KINDS, TOP, Schema, any_case, keys_of
from .plan import WRAPPER, Ownership

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CONDITION: Schema = {
    "description": "An expression that is true or false; `${…}` around it is fine.",
    "type": ["string", "boolean", "null"],
    "minLength": 1,
    "anyOf": [{"maxLength": MAX_SOURCE}, {"pattern": r"\$\{"}],
}
_TEMPLATE: Schema = {"type": "string", "pattern": r"^\$\{"}
_NULL: Schema = {"type": "null"}
_NEEDED = {
    StepKind.TOOL_CALL: ["tool"],
    StepKind.BRANCH: ["cases"],
    StepKind.PARALLEL: ["steps"],
    StepKind.SEQUENTIAL: ["steps"],
    StepKind.LOOP: ["steps"],
}
_ONE_OF = {
    StepKind.LOOP: ("for_each", "while", "until", "count"),
    StepKind.WAIT: ("for", "until", "wait_for", "wait_until"),
}


def fixed_workflow_schema() -> Schema:
    """Return the schema of authored workflows, YAML and JSON alike."""
    models = PlanSpec.model_json_schema(by_alias=True)
    definitions = models["$defs"]
    step = definitions.pop("StepSpec")["properties"]
    definitions |= {
        "Step": _step(step),
        "Steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}, "minItems": 1},
        "Case": _case(),
        "Dependency": _dependency(definitions["Dependency"]),
        "Compensation": _call(definitions["Compensation"]),
        "Alternative": _call(definitions["Alternative"]),
        "Workflow": _workflow(models["properties"]),
    }
    del definitions["StepKind"]
    wrapped = {
        "type": "object",
        "properties": {WRAPPER: {"$ref": "#/$defs/Workflow"}},
        "required": [WRAPPER],
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": "FixedWorkflow",
        "description": "A workflow file: the mapping itself, or the mapping below `workflow`.",
        "if": {"type": "object", "required": [WRAPPER]},
        "then": wrapped,
        "else": {"$ref": "#/$defs/Workflow"},
        "$defs": definitions,
    }


def _workflow(plan: Schema) -> Schema:
    owner = Ownership.model_json_schema()["properties"]
    fields = {key: (owner if key in OF_PLAN else plan)[key] for key in TOP}
    fields["steps"] = {"$ref": "#/$defs/Steps"}
    fields["fallback"] = {
        "description": "Steps, or `NAME@VERSION` of a published workflow.",
        "anyOf": [{"$ref": "#/$defs/Steps"}, TypeAdapter(Reference).json_schema(), _NULL],
    }
    fields["inputs"] = {
        "description": "A JSON Schema for each input; `required` may be true or false.",
        "type": ["object", "null"],
        "additionalProperties": {"type": "object"},
    }
    return {
        "type": "object",
        "properties": {key: _nullable(fields[key]) for key in fields} | {"steps": fields["steps"]},
        "required": ["steps"],
        "additionalProperties": False,
    }


def _step(fields: Schema) -> Schema:
    properties = {key: _field(key, fields) for kind in StepKind for key in keys_of(kind)}
    return {
        "title": "Step",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": [key]} for key in (*KIND_KEYS, "tool")],
        "allOf": [_rule(kind) for kind in StepKind],
    }


def _field(key: str, fields: Schema) -> Schema:
    """Return the schema of a step's key."""
    kind = {"anyOf": [{"enum": _offered()}, _spelled(*StepKind)]}
    given = {
        "id": {
            "type": ["string", "integer", "null"],
            "minLength": 1,
            "maxLength": MAX_ID_LENGTH,
        },
        "input": {"description": "An object; a text becomes `{input: text}`."},
        "depends_on": _one_or_more({"$ref": "#/$defs/Dependency"}),
        "steps": {"$ref": "#/$defs/Steps"},
        "cases": {"type": "array", "items": {"$ref": "#/$defs/Case"}, "minItems": 1},
        "for_each": {"anyOf": [{"type": "array"}, _TEMPLATE, _NULL]},
        "count": {"anyOf": [{"type": "integer", "minimum": 0}, _TEMPLATE, _NULL]},
        "for": fields["wait_for"],
        "when": _CONDITION,
        "expect": _CONDITION,
        "while": _CONDITION,
        "until": {"type": ["string", "boolean", "null"], "minLength": 1},
        **dict.fromkeys(KIND_KEYS, kind),
        **{name: schema for keys in INTO_INPUT.values() for name, (_into, schema) in keys.items()},
    }
    return given[key] if key in given else _nullable(fields[key])


def _rule(kind: StepKind) -> Schema:
    """Return what holds for the steps of one kind: their keys, and those they need."""
    spelled = _spelled(kind)
    is_kind: Schema = {
        "anyOf": [{"properties": {key: spelled}, "required": [key]} for key in KIND_KEYS]
    }
    if kind is StepKind.TOOL_CALL:
        unsaid = {"not": {"anyOf": [{"required": [key]} for key in KIND_KEYS]}}
        is_kind["anyOf"].append(unsaid)
    then: Schema = {"propertyNames": {"enum": keys_of(kind)}}
    if kind in _NEEDED:
        then |= _given(_NEEDED[kind])
    if kind in _ONE_OF:
        then["oneOf"] = [_given([key]) for key in _ONE_OF[kind]]
    if kind is StepKind.WAIT:
        then["properties"] = {"until": {"type": ["string", "null"]}}
    return {"if": is_kind, "then": then}


def _given(keys: list[str]) -> Schema:
    """Return that the keys are there, and not left empty."""
    return {"required": keys, "properties": {key: {"not": _NULL} for key in keys}}


def _case() -> Schema:
    return {
        "type": "object",
        "properties": {
            "when": _CONDITION,
            "else": {"const": True},
            "steps": {"$ref": "#/$defs/Steps"},
        },
        "required": ["steps"],
        "not": {"required": ["when", "else"]},
        "additionalProperties": False,
    }


def _dependency(edge: Schema) -> Schema:
    whole = edge["anyOf"][-1]
    number = {"type": ["string", "integer"], "description": "Id of the step."}
    fields = whole["properties"] | {"step": number, "when": _CONDITION}
    return {"anyOf": [number, whole | {"properties": fields}]}


def _call(model: Schema) -> Schema:
    given = {"input": {"type": ["object", "string", "null"]}}
    return model | {"properties": model["properties"] | given}


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}, {"type": "null"}]}


def _nullable(field: Schema) -> Schema:
    """Return the schema of a field that may be left empty, which is as if it were not there."""
    if "anyOf" in field and {"type": "null"} in field["anyOf"]:
        return field
    if "$ref" in field or isinstance(field.get("type"), str):
        notes = {key: field[key] for key in ("title", "description", "default") if key in field}
        plain = {key: value for key, value in field.items() if key not in notes}
        return notes | {"anyOf": [plain, {"type": "null"}]}
    return field


def _spelled(*kinds: StepKind) -> Schema:
    """Return every spelling of kinds that is read."""
    words = (word.lower().replace("_", "") for kind in kinds for word in SHORT_KINDS[kind])
    return any_case(dict.fromkeys(words), separators="_-")


def _offered() -> list[str]:
    return [spelling for spellings in SHORT_KINDS.values() for spelling in spellings]
