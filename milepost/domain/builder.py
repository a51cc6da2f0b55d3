"""Plans built by calls, for those who write Python rather than a workflow file."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Self

from .errors import ValidationError
from .ids import plan_id
from .plans import OrchestrationType, Plan, PlanSettings
from .steps_builder import StepsBuilder
from .validation import validated
from .values import Json, canonical_bytes

ChangeSettings = Callable[[PlanSettings], PlanSettings]


class PlanBuilder(StepsBuilder):
    """Gathers steps and what holds for all of them; `build` checks them and makes the plan.

    Without `with_id` every plan built gets a new id; without `with_type` its type is `fixed`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, object] = {"type": OrchestrationType.FIXED}
        self._context: dict[str, Json] = {}
        self._metadata: dict[str, Json] = {}
        self._settings = PlanSettings()

    def with_id(self, plan: str) -> Self:
        """Set the plan's id."""
        return self._with(id=plan)

    def with_type(self, kind: OrchestrationType | str) -> Self:
        """Set how the plan is carried out."""
        return self._with(type=kind)

    def with_name(self, name: str) -> Self:
        """Set the name for people."""
        return self._with(name=name)

    def with_description(self, description: str) -> Self:
        """Set what the plan is for."""
        return self._with(description=description)

    def with_version(self, version: str) -> Self:
        """Set the author's version, which is not the revision."""
        return self._with(version=version)

    def with_estimated_duration(self, duration: timedelta | float | str) -> Self:
        """Set how long the plan is expected to take."""
        return self._with(estimated_duration=duration)

    def with_session(self, session: str) -> Self:
        """Set the conversation that the plan belongs to."""
        return self._with(session=session)

    def with_user(self, user: str) -> Self:
        """Set the person for whom the plan runs."""
        return self._with(user=user)

    def with_tags(self, *tags: str) -> Self:
        """Set the words by which the plan can be found."""
        return self._with(tags=tags)

    def with_inputs(
        self, schemas: Mapping[str, Mapping[str, Json]] | None = None, **named: Mapping[str, Json]
    ) -> Self:
        """Set the JSON Schema of each input that a run is to be given."""
        given = {**(schemas or {}), **named}
        return self._with(inputs={name: dict(schema) for name, schema in given.items()})

    def with_context(self, key: str, value: Json) -> Self:
        """Put a value into the initial context; raises `ValidationError` unless it is JSON."""
        self._context[key] = _json(value, where=f"context {key!r}")
        return self

    def with_metadata(self, key: str, value: Json) -> Self:
        """Attach a value that nothing interprets; raises `ValidationError` unless it is JSON."""
        self._metadata[key] = _json(value, where=f"metadata {key!r}")
        return self

    def with_settings(self, change: ChangeSettings | None = None, /, **values: object) -> Self:
        """Change settings: by name, or by a callback that returns a changed copy of what it gets.

        Raises `ValidationError` for unknown names and for values out of range.
        """
        settings = change(self._settings) if change else self._settings
        if not isinstance(settings, PlanSettings):
            raise ValidationError(
                f"the callback returned {type(settings).__name__}, not PlanSettings",
                where="settings",
                mend="return settings.model_copy(update={...})",
            )
        named = {name: getattr(settings, name) for name in settings.model_fields_set}
        self._settings = validated(PlanSettings, {**named, **values}, where="settings")
        return self

    def build(self) -> Plan:
        """Return the plan.

        Raises `ValidationError` when it has no step or a field is wrong, `DependencyError` for
        missing, doubled, own and cyclic dependencies.
        """
        if not self.steps:
            raise ValidationError(
                "a plan must have at least one step",
                where="plan",
                mend="add one, for example with add_tool_step",
            )
        fields = {
            "id": plan_id(time.time_ns() // 1_000_000, secrets.randbits(74)),
            **self._fields,
            "context": self._context,
            "metadata": self._metadata,
            "settings": self._settings,
            "steps": self.steps,
        }
        plan = validated(Plan, fields, where="plan")
        plan.validate_execution_order()
        return plan

    def _with(self, **fields: object) -> Self:
        self._fields.update(fields)
        return self


def _json(value: Json, *, where: str) -> Json:
    """Return a copy of a value, checked to be JSON."""
    try:
        canonical_bytes(value)
    except ValidationError as error:
        raise ValidationError(error.problem, where=where, mend=error.mend) from error
    return deepcopy(value)
