"""What steps ask a model or a person, checked before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.domain.steps import StepKind, StepSpec
from milepost.domain.templates import has_template

from .schema_faults import schema_fault

_ASKING = frozenset({StepKind.LLM_CALL, StepKind.USER_INPUT})


def question_faults(step: StepSpec) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a step's question: the pointer into the step, and the problem.

    Nothing is said about what only its templates will give.
    """
    given = step.input
    if step.kind not in _ASKING or not isinstance(given, dict):
        return
    if given.get("prompt", given.get("input")) in (None, ""):
        yield "", f"a {step.kind} step needs `prompt`, the text that it asks"
    schema = given.get("schema")
    if schema is not None and not has_template(schema):
        fault = schema_fault(schema)
        if fault is not None:
            yield "/input/schema", f"`schema`: {fault}"
