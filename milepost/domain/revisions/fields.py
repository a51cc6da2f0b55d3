"""The fields of a plan, its settings, its steps and their edges, compared and replaced one by one.

Changes go by a field's name in JSON (`while`, not `while_`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanSettings, PlanSpec
from milepost.domain.steps import StepSpec
from milepost.domain.validation import validated

from .changes import Change
from .sameness import same

ModelT = TypeVar("ModelT", bound=BaseModel)

_ELSEWHERE = {"id", "steps", "cases", "depends_on", "settings"}
OWN_FIELDS = frozenset(StepSpec.model_fields) - _ELSEWHERE
PLAN_FIELDS = frozenset(PlanSpec.model_fields) - _ELSEWHERE
SETTINGS = frozenset(PlanSettings.model_fields)


def changes(old: BaseModel, new: BaseModel, names: frozenset[str]) -> dict[str, Change]:
    """Return those of the fields (`names` are Python's) that differ.

    A field that was given in neither has its default in both.
    """
    before, after = old.__dict__, new.__dict__
    different = [
        name
        for name in names & (old.model_fields_set | new.model_fields_set)
        if before[name] is not after[name] and not same(before[name], after[name])
    ]
    if not different:
        return {}
    was, becomes = _json(old, different), _json(new, different)
    return {name: Change(old=was[name], new=becomes[name]) for name in becomes}


def rebuilt(model: ModelT, fields: Mapping[str, Any], *, where: str = "") -> ModelT:
    """Return a checked copy of the model with other values in these fields, None for the default.

    Raises `ValidationError` for a value or a combination that is not allowed.
    """
    aliases = _aliases(model)
    values = {aliases[name]: getattr(model, name) for name in model.model_fields_set}
    values |= {aliases.get(name, name): value for name, value in fields.items()}
    given = {name: value for name, value in values.items() if value is not None}
    return validated(type(model), given, where=where)


def after(model: BaseModel, told: Mapping[str, Change], *, where: str) -> dict[str, Any]:
    """Return the new values of the changed fields; raise `ValidationError` where old ones differ.

    `where` names what the model is.
    """
    names = {alias: name for name, alias in _aliases(model).items()}
    held = _json(model, [names[alias] for alias in told if alias in names])
    return {
        alias: value_after(alias, held.get(alias), change, where=where)
        for alias, change in told.items()
    }


def value_after(name: str, held: object, change: Change | None, *, where: str) -> object:
    """Return a field's new value; raise `ValidationError` if it was changed from another."""
    if change is None:
        return held
    if not same(held, change.old):
        raise misfit(f"`{name}` is not what it was changed from", where=where)
    return change.new


def misfit(problem: str, *, where: str) -> ValidationError:
    """Return the error for changes that were found on another plan."""
    return ValidationError(problem, where=where, mend="compare the plans again")


def _json(model: BaseModel, names: Collection[str]) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, include=set(names))


def _aliases(model: BaseModel) -> dict[str, str]:
    return {name: field.alias or name for name, field in type(model).model_fields.items()}
