"""A plan's content as its author would write it."""

from __future__ import annotations

from io import StringIO
from typing import Any

from milepost.domain.plans import PlanSpec

_WIDE = 4096


def content_fields(spec: PlanSpec) -> dict[str, Any]:
    """Return a plan's content as JSON, its steps last."""
    fields = spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    steps = fields.pop("steps")
    return {**fields, "steps": steps}


def content_text(spec: PlanSpec) -> str:
    """Return a plan's content as a YAML file that can be run."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = _WIDE
    text = StringIO()
    yaml.dump(content_fields(spec), text)
    return text.getvalue()
