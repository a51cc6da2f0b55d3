"""From a loaded document to a `PlanSpec`: the top of a workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic import ValidationError as ModelFault

from milepost.domain.ids import child_path, static_path, undone_path
from milepost.domain.nearest import suggestion
from milepost.domain.plans import PlanSpec
from milepost.domain.quoting import quoted
from milepost.domain.steps import StepSpec
from milepost.domain.templates import below
from milepost.domain.validation import Problem
from milepost.domain.validation import pointer as pointer_of
from milepost.domain.validation import problems as faults_of
from milepost.domain.values import Json

from .document import Document, Problems
from .inputs import check_declarations
from .keys import OF_PLAN, TOP
from .steps import read_steps
from .strictness import strict_faults

WRAPPER = "workflow"


class Ownership(BaseModel):
    """Who a workflow's plans belong to."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    session: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the plan, who it belongs to, and the pointer to the mapping it stood in."""

    spec: PlanSpec
    ownership: Ownership
    pointer: str


def read_plan(document: Document) -> Read:
    """Return the plan that a document writes.

    Raises `ValidationError` with all problems found, a line for each.
    """
    problems = Problems(document)
    pointer, top = _top(document, problems)
    _refuse_unknown(top, pointer, problems)
    steps = read_steps(top["steps"], below(pointer, "steps"), problems) if "steps" in top else ()
    if isinstance(inputs := top.get("inputs"), dict):
        check_declarations(inputs, below(pointer, "inputs"), problems)
    fields: dict[str, Any] = {key: top[key] for key in top if key in TOP and top[key] is not None}
    ownership = {key: fields.pop(key) for key in OF_PLAN if key in fields}
    if isinstance(fields.get("fallback"), list):
        fields["fallback"] = read_steps(fields["fallback"], below(pointer, "fallback"), problems)
    known = {key: value for key, value in fields.items() if key != "steps"}
    spec = _built(PlanSpec, known | {"steps": steps} if steps else known, pointer, problems)
    owned = _built(Ownership, ownership, pointer, problems)
    problems.raise_found()
    if spec is None or owned is None:
        raise AssertionError("a plan that was not built has problems")
    _check_checkpoints(spec, below(pointer, "settings"), problems)
    problems.raise_found()
    return Read(spec, owned, pointer)


def _top(document: Document, problems: Problems) -> tuple[str, Mapping[str, Json]]:
    value, pointer = document.value, ""
    if isinstance(value, dict) and WRAPPER in value and "steps" not in value:
        others = [key for key in value if key != WRAPPER]
        for key in others:
            problems.add(
                below("", key), f"`{key}` stands beside `{WRAPPER}`", mend="move it inside"
            )
        value, pointer = value[WRAPPER], below("", WRAPPER)
    if isinstance(value, dict):
        return pointer, value
    told = "it is empty" if value is None else f"a workflow must be an object, not {quoted(value)}"
    problems.add(pointer, told, mend="write a mapping with `steps`")
    problems.raise_found()
    raise AssertionError("the problem above was raised")


def _refuse_unknown(top: Mapping[str, Json], pointer: str, problems: Problems) -> None:
    for key in top:
        if key not in TOP:
            mend = suggestion(key, TOP, kind="keys")
            problems.add(below(pointer, key), f"the key `{key}` is not known", mend=mend)


def _check_checkpoints(spec: PlanSpec, settings: str, problems: Problems) -> None:
    """Note the steps after which a checkpoint is to be taken and that are not there."""
    policy = spec.settings.checkpoints
    if policy is None or isinstance(spec.fallback, str):
        return
    known = [path for steps in (spec.steps, spec.fallback or ()) for path in _paths(steps)]
    for at, path in enumerate(policy.after):
        if static_path(undone_path(path) or path) not in known:
            mend = suggestion(path, known, kind="steps")
            where = f"{settings}/checkpoints/after/{at}"
            problems.add(where, f"there is no step {quoted(path)}", mend=mend)


def _paths(steps: tuple[StepSpec, ...], parent: str = "") -> Iterator[str]:
    """Yield the paths of steps and of all that is in them, without numbers."""
    for step in steps:
        path = child_path(parent, step.id)
        yield path
        for inner in (step.steps, *(case.steps for case in step.cases)):
            yield from _paths(inner, path)


_Model = TypeVar("_Model", bound=BaseModel)


def _built(
    model: type[_Model], fields: Mapping[str, Any], pointer: str, problems: Problems
) -> _Model | None:
    faults = list(strict_faults(model, fields))
    for place, problem in faults:
        problems.add_fault(pointer + pointer_of(place), Problem(".", problem))
    if faults:
        return None
    try:
        return model.model_validate(fields)
    except ModelFault as error:
        for fault in faults_of(model, fields, error):
            problems.add_fault(pointer + fault.pointer, fault)
        return None
