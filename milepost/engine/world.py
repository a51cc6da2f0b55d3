"""What the engine asks of the world besides the store: time, sleep, randomness, new ids."""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import anyio

from milepost.domain.ids import PlanId, plan_id

_LONGEST_NAP = 30.0


class Clock(Protocol):
    """Tells the time and sleeps."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump, for durations."""
        ...

    async def sleep_until(self, due: datetime) -> None:
        """Return once `now()` has reached `due`; it may return early, the caller looks again."""
        ...


class Randomness(Protocol):
    """Numbers that nobody can foresee, or that a seed gives."""

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        ...

    def bits(self, count: int) -> int:
        """Return a number of `count` random bits."""
        ...


class SystemClock:
    """The computer's clock. It naps at most half a minute, so that a changed clock is noticed."""

    def now(self) -> datetime:
        """Return the wall-clock time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds of the performance counter."""
        return time.perf_counter()

    async def sleep_until(self, due: datetime) -> None:
        """Sleep until the time or for half a minute, whichever is sooner."""
        seconds = (due - self.now()).total_seconds()
        await anyio.sleep(min(max(seconds, 0.0), _LONGEST_NAP))


class LoopClock:
    """Time as the event loop counts it, from a fixed beginning; virtual where the loop's is."""

    def __init__(self, beginning: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._beginning = beginning
        self._zero: float | None = None

    def now(self) -> datetime:
        """Return the beginning plus the loop's time since the first call."""
        return self._beginning + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the loop's seconds since the first call."""
        reading = anyio.current_time()
        if self._zero is None:
            self._zero = reading
        return reading - self._zero

    async def sleep_until(self, due: datetime) -> None:
        """Sleep until the time by the loop's clock."""
        await anyio.sleep(max((due - self.now()).total_seconds(), 0.0))


class SystemRandomness:
    """The operating system's randomness."""

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return secrets.randbits(53) / (1 << 53)

    def bits(self, count: int) -> int:
        """Return a number of `count` random bits."""
        return secrets.randbits(count)


class SeededRandomness:
    """The same numbers for the same seed, in tests and simulations."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def bits(self, count: int) -> int:
        """Return a number of `count` random bits."""
        return self._random.getrandbits(count)


@dataclass(slots=True)
class World:
    """Time and chance for everything that the engine does."""

    clock: Clock = field(default_factory=SystemClock)
    randomness: Randomness = field(default_factory=SystemRandomness)

    def new_plan_id(self) -> PlanId:
        """Return a new plan id, later ones sorting after earlier ones."""
        milliseconds = int(self.clock.now().timestamp() * 1000)
        return plan_id(milliseconds, self.randomness.bits(74))
