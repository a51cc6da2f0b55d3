"""Many simulations of one plan: how long it may take, and how often it succeeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from milepost.adapters.workflow.preparation import Runnable
from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanResult
from milepost.domain.values import Json

from .driver import BEGINNING
from .history import History
from .simulated import Script
from .simulation import content_of, simulated
from .trials import Failing, Seconds


@dataclass(frozen=True, slots=True)
class Spread:
    """The runs of a plan under seeds that follow one another; `durations` are sorted."""

    runs: int
    succeeded: int
    durations: tuple[timedelta, ...]
    failing_seeds: tuple[int, ...]
    """Seeds of the runs that did not succeed; `simulate(..., seed=...)` shows each again."""
    errors: Mapping[str, int] = field(default_factory=dict)
    """Why runs did not succeed, each with how many did not; the most frequent first."""

    @property
    def success_rate(self) -> float:
        """The share of runs that did all that they were to do."""
        return self.succeeded / self.runs

    @property
    def p50(self) -> timedelta:
        """The duration that half of the runs did not pass."""
        return self.percentile(0.5)

    @property
    def p95(self) -> timedelta:
        """The duration that 95 % of the runs did not pass."""
        return self.percentile(0.95)

    def percentile(self, share: float) -> timedelta:
        """Return the duration that a share of the runs did not pass (nearest rank)."""
        rank = max(ceil(share * len(self.durations)), 1)
        return self.durations[rank - 1]


def simulate_many(  # noqa: PLR0913 - each is given by name
    plan: Runnable,
    *,
    runs: int = 100,
    inputs: Mapping[str, Json] | None = None,
    durations: Mapping[str, Seconds] | None = None,
    failures: Mapping[str, Failing] | None = None,
    outputs: Mapping[str, Any] | None = None,
    history: History | None = None,
    seed: int = 0,
    beginning: datetime = BEGINNING,
) -> Spread:
    """Simulate a plan under the seeds `seed`, `seed + 1` and so on; see `simulate`."""
    if runs < 1:
        raise ValidationError(f"{runs} is not a number of runs", where="runs", mend="use 1 or more")
    spec = content_of(plan)
    script = Script.of(spec, durations, failures, outputs, history)
    each = [
        simulated(spec, inputs, script, seed + number, beginning).result for number in range(runs)
    ]
    failing: Sequence[int] = [seed + n for n, result in enumerate(each) if not result.success]
    return Spread(
        runs,
        runs - len(failing),
        tuple(sorted(result.duration for result in each)),
        tuple(failing),
        dict(Counter(_error(result) for result in each if not result.success).most_common()),
    )


def _error(result: PlanResult) -> str:
    """Return why a run did not succeed."""
    if result.waiting:
        return f"nobody answers {', '.join(result.waiting)}"
    return result.error_message or f"the plan is {result.status.value}"
