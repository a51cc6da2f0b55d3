"""Values that events carry: errors, usage, what a suspended step waits for."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ErrorRecord(_Value):
    """What went wrong: `kind` is the error class's word, `code` what policies match."""

    kind: str = "execution"
    code: str = "error"
    message: str
    retryable: bool = True
    stack: str | None = None
    step: str | None = None
    """Path of the step where the error arose, when it reached this step from a child."""
    cause: ErrorRecord | None = None


class Usage(_Value):
    """What an attempt used beside its own one call.

    `cpu` is in seconds, and 0 where it is not known: only calls of plain functions are measured,
    because each has a thread to itself; those that share the event loop cannot be told apart.
    """

    calls: int = 0
    """Further calls that it made of other services."""
    input_tokens: int = 0
    output_tokens: int = 0
    cpu: float = 0.0


class Waiting(StrEnum):
    """What a suspended step waits for."""

    TIME = "time"
    PERSON = "person"
    EVENT = "event"
    UNKNOWN = "unknown"


class SkipReason(StrEnum):
    """Why a step was skipped."""

    CONDITION = "condition"
    BRANCH = "branch"
    BLOCKED = "blocked"
    GIVEN_UP = "given_up"


class Question(_Value):
    """What a person is asked, and the JSON Schema that the answer must fit."""

    prompt: str
    answer_schema: JsonValue = None
    assignee: str | None = None
    show: JsonValue = None


ErrorRecord.model_rebuild()
