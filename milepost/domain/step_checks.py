"""What must hold of a step over several of its fields, told as the problem that there is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydantic import JsonValue

from .errors import DependencyError
from .step_words import CONTAINERS, StepKind

if TYPE_CHECKING:
    from .steps import StepSpec


def problem_of(step: StepSpec) -> str | None:
    """Return what is wrong with a step that one field alone cannot show, if anything is."""
    return _input_problem(step.input) or _stray_field(step) or _kind_problem(step)


def refuse_doubled_dependency(step: StepSpec) -> None:
    """Raise `ValueError` if a step depends on another one twice."""
    names = step.dependencies
    if len(set(names)) < len(names):
        name = next(name for name, times in Counter(names).items() if times > 1)
        error = DependencyError(
            f"step {step.id!r} depends on {name!r} twice",
            ids=[step.id, name],
            mend="name each step once",
        )
        raise ValueError(str(error)) from error


_LOOP = frozenset({StepKind.LOOP})
_KINDS_WITH = {
    **dict.fromkeys(("tool", "alternatives"), frozenset({StepKind.TOOL_CALL})),
    "steps": CONTAINERS - {StepKind.BRANCH},
    "mode": frozenset({StepKind.PARALLEL}),
    "cases": frozenset({StepKind.BRANCH}),
    **dict.fromkeys(
        ("for_each", "while_", "until", "count", "max_iterations", "concurrency"), _LOOP
    ),
    **dict.fromkeys(("wait_for", "wait_until"), frozenset({StepKind.WAIT})),
}
"""Which kinds a field belongs to; elsewhere it would be ignored in silence, so it is refused."""


def _stray_field(step: StepSpec) -> str | None:
    if step.model_fields_set.isdisjoint(_KINDS_WITH):
        return None
    for name, kinds in _KINDS_WITH.items():
        if name not in step.model_fields_set or step.kind in kinds:
            continue
        field = type(step).model_fields[name]
        if getattr(step, name) != field.default:
            places = " and ".join(sorted(kinds))
            return f"`{field.alias or name}` has no meaning in a {step.kind} step, only in {places}"
    return None


def _input_problem(value: JsonValue) -> str | None:
    if isinstance(value, dict) or (isinstance(value, str) and "${" in value):
        return None
    return "`input` must be an object, or a text with one `${...}` that gives an object"


def _kind_problem(step: StepSpec) -> str | None:
    kind = step.kind
    if kind is StepKind.TOOL_CALL:
        return None if step.tool else "a tool step needs `tool`, the name of the tool to call"
    if kind is StepKind.BRANCH:
        return _branch_problem(step)
    if kind in CONTAINERS and not step.steps:
        return f"a {kind} step needs `steps`, at least one"
    if kind is StepKind.LOOP:
        ways = (step.for_each, step.while_, step.until, step.count)
        if sum(way is not None for way in ways) != 1:
            return "a loop step needs exactly one of `for_each`, `while`, `until` and `count`"
    if kind is StepKind.WAIT and (step.wait_for is None) == (step.wait_until is None):
        return "a wait step needs exactly one of `for` (a duration) and `until` (a time)"
    return None


def _branch_problem(step: StepSpec) -> str | None:
    if not step.cases:
        return "a branch step needs `cases`, at least one"
    if any(case.when is None for case in step.cases[:-1]):
        return "only the last case of a branch may be `else`"
    return None
