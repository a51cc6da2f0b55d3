"""Other values for a step's fields, by the keys that an author writes them with."""

from __future__ import annotations

from collections.abc import Mapping

from milepost.domain.errors import ValidationError
from milepost.domain.steps import StepSpec
from milepost.domain.values import Json

from .keys import INTO_INPUT, OF_KIND


def plan_fields(step: StepSpec, given: Mapping[str, Json]) -> dict[str, Json]:
    """Return the fields of the plan that keys fill; other names are taken for fields.

    A key beside `input` changes its part of the present input. Raises `ValidationError` where
    `input` is given as well.
    """
    names, into = OF_KIND[step.kind], INTO_INPUT.get(step.kind, {})
    found = {names.get(key, key): value for key, value in given.items() if key not in into}
    parts = {into[key][0]: value for key, value in given.items() if key in into}
    if not parts:
        return found
    beside = next(key for key in given if key in into)
    if "input" in given or not isinstance(step.input, dict):
        raise ValidationError(
            f"`{beside}` is a part of `input`", where=step.id, mend="give the whole `input` alone"
        )
    whole = step.input | parts
    return found | {"input": {name: value for name, value in whole.items() if value is not None}}
