"""The words of steps: their kinds, statuses and modes, and how dependencies order them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema


class StepKind(StrEnum):
    """What a step does; the field's other spellings are read too (`llm`, `LlmCall`, `TOOL`)."""

    LLM_CALL = "llm_call"
    TOOL_CALL = "tool_call"
    BRANCH = "branch"
    PARALLEL = "parallel"
    SEQUENTIAL = "sequential"
    LOOP = "loop"
    WAIT = "wait"
    USER_INPUT = "user_input"
    RESPONSE = "response"

    @classmethod
    def _missing_(cls, value: object) -> StepKind | None:
        word = str(value).lower().replace("_", "").replace("-", "")
        return _KIND_SPELLINGS.get(word)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Publish the short spellings beside the full ones."""
        published = handler.resolve_ref_schema(handler(schema))
        published["enum"] = [*cls, "llm", "llm_function", "tool", "input"]
        return published


_KIND_SPELLINGS = {kind.value.replace("_", ""): kind for kind in StepKind} | {
    "llm": StepKind.LLM_CALL,
    "llmfunction": StepKind.LLM_CALL,
    "tool": StepKind.TOOL_CALL,
    "input": StepKind.USER_INPUT,
}

CONTAINERS = frozenset(
    {StepKind.BRANCH, StepKind.PARALLEL, StepKind.SEQUENTIAL, StepKind.LOOP},
)


class StepStatus(StrEnum):
    """Where a step's lifecycle stands; `ready` is derived and has no event."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    RETRYING = "retrying"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ENDED = frozenset(
    {StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED}
)


class Settle(StrEnum):
    """Which end of a dependency lets its dependent go on; any other end skips the dependent."""

    DONE = "done"
    DONE_OR_SKIPPED = "done_or_skipped"
    ANY = "any"


class DependencyType(StrEnum):
    """How a dependency orders two steps; `parallel` says that they may overlap."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    CONDITIONAL = "conditional"


class OnUnknown(StrEnum):
    """What follows when a crash leaves a writing tool's outcome unknown."""

    ASK = "ask"
    RETRY = "retry"
    FAIL = "fail"


class ParallelMode(StrEnum):
    """When a parallel step ends: all children settled, one succeeded, or one failed."""

    ALL = "all"
    FIRST_SUCCESS = "first_success"
    STOP_ON_FAILURE = "stop_on_failure"
