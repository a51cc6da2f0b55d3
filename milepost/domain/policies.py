"""Retry policies and the delays they give."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from .durations import Duration

MAX_ATTEMPTS = 1000
SHORTEST_JITTER = 0.5
"""Jitter takes a delay down to at least this share of itself, never above it."""


class RetryStrategy(StrEnum):
    """How the delay before the next attempt grows."""

    FIXED = "fixed"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"

    @classmethod
    def _missing_(cls, value: object) -> RetryStrategy | None:
        word = str(value).lower().replace("_", "").replace("backoff", "")
        return next((member for member in cls if member.value == word), None)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Publish the long spelling beside the short ones."""
        published = handler.resolve_ref_schema(handler(schema))
        published["enum"] = [*cls, "exponential_backoff"]
        return published


class RetryPolicy(BaseModel):
    """How often a failing step is tried, and how long it waits in between.

    An empty `retryable_errors` retries every error that calls itself retryable; a list retries
    only errors with one of those codes. `jitter` spreads delays over [half, whole].
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    max_attempts: Annotated[int, Field(ge=1, le=MAX_ATTEMPTS)] = 3
    strategy: RetryStrategy = RetryStrategy.EXPONENTIAL
    initial_delay: Duration = timedelta(seconds=1)
    max_delay: Duration = timedelta(minutes=1)
    retryable_errors: tuple[str, ...] = ()
    jitter: bool = True

    def delay_after(self, attempt: int) -> timedelta:
        """Return the longest wait after failed attempt number `attempt` (from 1)."""
        if self.strategy is RetryStrategy.FIXED:
            factor = 1
        elif self.strategy is RetryStrategy.LINEAR:
            factor = attempt
        else:
            factor = 2 ** min(attempt - 1, 62)
        try:
            return min(self.initial_delay * factor, self.max_delay)
        except OverflowError:
            return self.max_delay

    def delays(self) -> list[timedelta]:
        """Return the longest wait before each attempt from the second on."""
        return [self.delay_after(attempt) for attempt in range(1, self.max_attempts)]

    def retries(self, code: str, *, retryable: bool) -> bool:
        """Tell whether an error with that code may be tried again at all."""
        return code in self.retryable_errors if self.retryable_errors else retryable


def jittered(delay: timedelta, randomness: float) -> timedelta:
    """Return `delay` scaled into [half, whole] by a random number in [0, 1)."""
    return delay * (SHORTEST_JITTER + (1 - SHORTEST_JITTER) * randomness)
