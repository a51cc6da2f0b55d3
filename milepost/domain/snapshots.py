"""A plan's state as one document: what a checkpoint's snapshot holds, and `show --as-of` can prove.

It says only what the events say, so the fold of the same events always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from .aggregates import PlanStream, Step
from .ids import StepPath
from .steps import StepStatus
from .values import canonical_bytes

FORMAT = 1
_PLAN = (
    "status",
    "revision",
    "epoch",
    "content",
    "inputs",
    "context",
    "started_at",
    "reason",
    "waiting",
    "completion",
    "error",
)
_STEP = (
    "status",
    "activation",
    "attempt",
    "retries",
    "output",
    "error",
    "skipped",
    "waiting",
    "due",
    "started_at",
    "ended_at",
    "source",
)


def snapshot_of(plan: PlanStream, steps: Mapping[StepPath, Step]) -> bytes:
    """Return the canonical bytes of a plan's state; steps that never moved are left out."""
    moved = {
        path: _fields(step, _STEP)
        for path, step in steps.items()
        if step.status is not StepStatus.PENDING or step.version
    }
    state: Any = {"format": FORMAT, "plan": _fields(plan, _PLAN), "steps": moved}
    return canonical_bytes(state)


def _fields(of: object, names: tuple[str, ...]) -> dict[str, Any]:
    values = ((name, getattr(of, name)) for name in names)
    return {name: _plain(value) for name, value in values if value not in (None, (), {})}


def _plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    return to_jsonable_python(value)
