"""A plan changed as a person or a planner asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import JsonValue

from milepost.domain.errors import DependencyError, LimitError, RefusedError, ValidationError
from milepost.domain.graph import check_nesting
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepSpec

from . import edge_edits, step_edits
from .edits import MAX_EDITS, ChangeSettings, ChangeStep, Edit
from .fields import rebuilt
from .naming import in_full
from .tree import Steps, find

Translate: TypeAlias = "Callable[[StepSpec, Mapping[str, JsonValue]], dict[str, JsonValue]]"
"""Turns the fields that an edit gives a step into those that a plan's JSON has."""

_CHANGES: dict[str, Callable[[Steps, Any], Steps]] = {
    "add_step": step_edits.add_step,
    "remove_step": step_edits.remove_step,
    "change_step": step_edits.change_step,
    "move_step": step_edits.move_step,
    "inject_step": edge_edits.inject_step,
    "add_edge": edge_edits.add_edge,
    "remove_edge": edge_edits.remove_edge,
}


def apply_edits(
    spec: PlanSpec, edits: Sequence[Edit], *, translate: Translate | None = None
) -> PlanSpec:
    """Return the plan after all edits, in order; steps that none names are the same objects.

    With `translate`, the fields of changed steps may be written in other words.

    Dependencies are checked after the last edit, so that an edge may come before its step.
    Raises `ValidationError` (`DependencyError`, `LimitError`) naming the edit at fault by its
    number from 1.
    """
    if len(edits) > MAX_EDITS:
        raise LimitError("edits at once", allowed=MAX_EDITS, given=len(edits))
    settings = spec.settings
    versions = [spec.steps]
    for number, edit in enumerate(edits, start=1):
        try:
            if isinstance(edit, ChangeSettings):
                settings = rebuilt(settings, edit.fields, where="settings")
                versions.append(versions[-1])
            else:
                full = _translated(in_full(edit, versions[-1]), versions[-1], translate)
                versions.append(_CHANGES[edit.op](versions[-1], full))
        except ValidationError as error:
            raise _placed(error, _name(number, edit)) from error
    _check(versions, edits)
    return rebuilt(spec, {"steps": versions[-1], "settings": settings})


def _translated(edit: Edit, steps: Steps, translate: Translate | None) -> Edit:
    if translate is None or not isinstance(edit, ChangeStep):
        return edit
    step = find(steps, edit.path)
    if step is None:
        return edit
    return edit.model_copy(update={"fields": translate(step, edit.fields)})


def _check(versions: Sequence[Steps], edits: Sequence[Edit]) -> None:
    """Check the last version's dependencies; name the edit after which they were never right."""
    fault = _fault(versions[-1])
    if fault is None:
        return
    number = len(edits)
    while number and _fault(versions[number - 1]) is not None:
        number -= 1
    raise _placed(fault, _name(number, edits[number - 1]) if number else "the plan") from fault


def _fault(steps: Steps) -> RefusedError | None:
    try:
        check_nesting(steps)
    except RefusedError as error:
        return error
    return None


def _name(number: int, edit: Edit) -> str:
    return f"edit {number} ({edit.op})"


def _placed(error: RefusedError, place: str) -> RefusedError:
    """Return the same error with its place named."""
    if isinstance(error, LimitError):
        return LimitError(error.limit, allowed=error.allowed, given=error.given, where=place)
    if not isinstance(error, ValidationError):
        return error
    where = f"{place}, {error.where}" if error.where else place
    if isinstance(error, DependencyError):
        return DependencyError(error.problem, ids=error.ids, where=where, mend=error.mend)
    return ValidationError(error.problem, where=where, mend=error.mend)
