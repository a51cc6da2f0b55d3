"""Plans as models write them: `PlanId`, and `Steps` with `StepId`, `Type`, `Name`, `Parameters`.

Such a plan is read as a workflow, and told back field for field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from milepost.domain.nearest import suggestion
from milepost.domain.plans import PlanSpec
from milepost.domain.quoting import quoted
from milepost.domain.steps import StepKind, StepSpec
from milepost.domain.templates import below
from milepost.domain.values import Json

from .document import Document, Problems
from .keys import Schema, any_case

NOTE = "execution_plan"
"""Key of the metadata under which fields are kept that a plan itself has no place for."""

PLAN_FIELDS = ("PlanId", "Steps", "Context", "Status", "CreatedAt")
STEP_FIELDS = ("StepId", "Type", "Name", "Parameters", "Dependencies", "Status")
WAITING = ("waiting", "pending", "ready", "대기")
"""Statuses that a plan and its steps may come with: nothing has run yet."""

_FUNCTION = "function"
_KEYS = {
    "id": "StepId",
    "type": "Type",
    "tool": "Name",
    "name": "Name",
    "input": "Parameters",
    "depends_on": "Dependencies",
}
_TYPES = {
    "tool": StepKind.TOOL_CALL,
    "toolcall": StepKind.TOOL_CALL,
    "llmfunction": StepKind.LLM_CALL,
    "llmcall": StepKind.LLM_CALL,
    "response": StepKind.RESPONSE,
}


def execution_plan_schema() -> Schema:
    """Return the JSON Schema of such plans."""
    return {
        "type": "object",
        "properties": {
            "PlanId": {"type": ["string", "integer", "null"]},
            "Steps": {"type": "array", "items": _step_schema(), "minItems": 1},
            "Context": {"type": ["object", "null"]},
            "Status": _status_schema(),
            "CreatedAt": {"type": ["string", "null"]},
        },
        "required": ["Steps"],
        "additionalProperties": False,
    }


def _step_schema() -> Schema:
    named: Schema = {"type": ["string", "integer"]}
    words = ["Tool", "LLMFunction", "Response", "ToolCall", "LlmCall"]
    tools = [word for word, kind in _TYPES.items() if kind is StepKind.TOOL_CALL]
    return {
        "type": "object",
        "properties": {
            "StepId": named,
            "Type": {"anyOf": [{"enum": words}, any_case(_TYPES, separators="_")]},
            "Name": {"description": "The tool or function to run.", "type": ["string", "null"]},
            "Parameters": {},
            "Dependencies": {"anyOf": [named, {"type": ["array", "null"], "items": named}]},
            "Status": _status_schema(),
        },
        "required": ["Type"],
        "if": {"properties": {"Type": any_case(tools, separators="_")}},
        "then": {"required": ["Name"], "properties": {"Name": {"type": "string"}}},
        "additionalProperties": False,
    }


def _status_schema() -> Schema:
    waiting = {"anyOf": [any_case(WAITING), {"type": "null"}]}
    return {"description": "Nothing has run yet."} | waiting


def is_execution_plan(value: Json) -> bool:
    """Tell whether a document has the shape of such a plan."""
    return isinstance(value, dict) and "Steps" in value


def converted(document: Document) -> Document:
    """Return the document as the workflow that it means; raise for what has no such meaning."""
    problems = Problems(document)
    top: Mapping[str, Json] = document.value if isinstance(document.value, dict) else {}
    _refuse_unknown(top, PLAN_FIELDS, "", problems)
    _refuse_started(top, "", problems)
    steps = top.get("Steps")
    note = {key: top[key] for key in ("PlanId", "Status", "CreatedAt") if key in top}
    value: dict[str, Json] = {"metadata": {NOTE: note}}
    if top.get("Context") is not None:
        value["context"] = top["Context"]
    value["steps"] = (
        [_step(step, f"/Steps/{at}", problems) for at, step in enumerate(steps)]
        if isinstance(steps, list)
        else steps
    )
    problems.raise_found()
    return replace(document, value=value, original=_original)


def echo(spec: PlanSpec) -> Json:
    """Return the plan in the shape in which it came."""
    kept = spec.metadata.get(NOTE)
    note: Mapping[str, Json] = kept if isinstance(kept, dict) else {}
    steps: Json = [_echo_step(step) for step in spec.steps]
    return {"Steps": steps, "Context": dict(spec.context), **note}


def _step(step: Json, pointer: str, problems: Problems) -> Json:
    if not isinstance(step, dict):
        problems.add(pointer, f"a step must be an object, this is {quoted(step)}")
        return {}
    _refuse_unknown(step, STEP_FIELDS, pointer, problems)
    _refuse_started(step, pointer, problems)
    word = step.get("Type")
    kind = _TYPES.get(word.lower().replace("_", "")) if isinstance(word, str) else None
    if kind is None:
        problems.add(
            below(pointer, "Type"),
            f"{quoted(word)} is no type of step",
            mend="use Tool, LLMFunction or Response",
        )
        return {}
    found: dict[str, Json] = {"type": kind.value, "input": step.get("Parameters") or {}}
    found |= {key: step[_KEYS[key]] for key in ("id", "name") if _KEYS[key] in step}
    found["depends_on"] = step.get("Dependencies") or []
    found["metadata"] = {NOTE: {key: step[key] for key in step if _is_kept(key, step[key])}}
    if kind is StepKind.TOOL_CALL and "Name" in step:
        found["tool"] = step["Name"]
        found["name"] = step["Name"] if isinstance(step["Name"], str) else None
    if kind is StepKind.LLM_CALL and "Name" in step:
        found["input"] = _with_function(step, pointer, problems)
    return found


def _is_kept(field: str, value: Json) -> bool:
    """Tell whether a field has to be kept as it came, because the step has it otherwise."""
    if field == "Parameters":
        return not isinstance(value, dict)
    if field == "Dependencies":
        return not (isinstance(value, list) and all(isinstance(each, str) for each in value))
    return field in {"Type", "Status"} or not isinstance(value, str)


def _with_function(step: Mapping[str, Json], pointer: str, problems: Problems) -> Json:
    parameters = step.get("Parameters") or {}
    if not isinstance(parameters, dict):
        parameters = {"input": parameters}
    if _FUNCTION in parameters:
        problems.add(
            below(pointer, "Parameters"),
            f"the function stands in `{_FUNCTION}` and in `Name`",
            mend="keep `Name`",
        )
    return {_FUNCTION: step["Name"], **parameters}


def _echo_step(step: StepSpec) -> Json:
    kept = step.metadata.get(NOTE)
    note: Mapping[str, Json] = kept if isinstance(kept, dict) else {}
    given = dict(step.input) if isinstance(step.input, dict) else {}
    name = step.tool if step.tool is not None else given.pop(_FUNCTION, step.name)
    told: dict[str, Json] = {
        "StepId": step.id,
        "Type": step.kind.value,
        "Name": name,
        "Parameters": given,
        "Dependencies": list(step.dependencies),
    }
    return {**{key: value for key, value in told.items() if value is not None}, **note}


def _refuse_unknown(
    value: Mapping[str, Json], known: tuple[str, ...], pointer: str, problems: Problems
) -> None:
    for key in value:
        if key not in known:
            mend = suggestion(key, known, kind="fields")
            problems.add(below(pointer, key), f"the field `{key}` is not known", mend=mend)


def _refuse_started(value: Mapping[str, Json], pointer: str, problems: Problems) -> None:
    status = value.get("Status")
    if status is not None and str(status).lower() not in WAITING:
        problems.add(
            below(pointer, "Status"),
            f"a plan to be run cannot be {quoted(status)} already",
            mend="use waiting",
        )


def _original(pointer: str) -> str:
    """Return the pointer into the plan as it came for one into the workflow it became."""
    parts = pointer.split("/")
    names = {1: {"steps": "Steps", "context": "Context"}, 3: _KEYS}
    return "/".join(names.get(at, {}).get(part, part) for at, part in enumerate(parts))
