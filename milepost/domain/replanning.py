"""When a plan gets another content by itself, and what counts as going round in circles."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

LONGEST_PATTERN = 32
"""Steps in the longest sequence whose repetition is looked for."""


class RevisionTrigger(StrEnum):
    """Why a plan gets another revision."""

    FAILURE = "failure"
    UNEXPECTED = "unexpected"
    USER = "user"
    RESOURCES = "resources"
    TIMEOUT = "timeout"


class RevisionStrategy(StrEnum):
    """What a revision does: the same again, another way, a part anew, or all of it anew."""

    RETRY = "retry"
    ALTERNATIVE = "alternative"
    PARTIAL = "partial"
    COMPLETE = "complete"


class OnReplanLimit(StrEnum):
    """What follows when a plan was replanned as often as it may be."""

    PAUSE = "pause"
    FAIL = "fail"


class OnLoop(StrEnum):
    """What follows when a plan goes round in circles."""

    STOP = "stop"
    PAUSE = "pause"
    REPLAN = "replan"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ReplanPolicy(_Value):
    """What makes a plan ask its planner for another content, and what it may try."""

    on: Annotated[tuple[RevisionTrigger, ...], Field(min_length=1)] = tuple(RevisionTrigger)
    strategies: Annotated[tuple[RevisionStrategy, ...], Field(min_length=1)] = tuple(
        RevisionStrategy
    )
    """In the order in which they are tried."""
    on_limit: OnReplanLimit = OnReplanLimit.PAUSE
    """After `max_replans`: pause for a person, who can revise the plan, or fail."""

    @model_validator(mode="after")
    def _names_each_once(self) -> ReplanPolicy:
        for key, names in (("on", self.on), ("strategies", self.strategies)):
            if len(set(names)) < len(names):
                raise ValueError(f"`{key}` names one of them twice")
        return self


class LoopPolicy(_Value):
    """What counts as going round in circles; None for what is not looked for."""

    max_repeats: Annotated[int, Field(ge=1)] | None = 10
    """Most starts of one step with the same input, in all iterations together."""
    pattern_repeats: Annotated[int, Field(ge=2)] | None = None
    """So often in a row, a sequence of two or more steps is a circle, whatever their inputs."""
    state_repeats: Annotated[int, Field(ge=0)] | None = 10
    """Most times that the plan may come back to a state that it was in."""
    max_spend_without_progress: Annotated[int, Field(ge=1)] | None = None
    """Most tokens that calls may use up without a new state; a call without any counts as one."""
    window: Annotated[int, Field(ge=4, le=100_000)] = 1000
    """How many starts and states are looked back over."""
    on_loop: OnLoop = OnLoop.STOP
