"""What can happen to a running plan: the only things that `decide` learns from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from milepost.domain.events import ErrorRecord, RequestMade, Usage
from milepost.domain.ids import StepPath
from milepost.domain.values import Json


class Began(NamedTuple):
    """The plan is to run."""


class AttemptSucceeded(NamedTuple):
    """A tool or a model answered; `duration` in seconds.

    An outcome of an earlier `activation` comes too late; None is taken for the present one.
    """

    path: StepPath
    attempt: int
    output: Json
    duration: float | None = None
    usage: Usage | None = None
    activation: int | None = None


class AttemptFailed(NamedTuple):
    """An attempt ended without a result; `randomness` in [0, 1) spreads the retry's delay.

    In replay `delay` is the one on record, which must lie where the policy allows.
    """

    path: StepPath
    attempt: int
    error: ErrorRecord
    randomness: float = 1.0
    delay: timedelta | None = None
    duration: float | None = None
    usage: Usage | None = None
    activation: int | None = None


class TimerFired(NamedTuple):
    """A time came that the plan was waiting for: a retry's, a wait's, or a step's limit."""


class PlanTimedOut(NamedTuple):
    """The plan's longest execution time is over."""


class Requested(NamedTuple):
    """Somebody asked for something; `problem` is why the answer given does not fit, if so."""

    request: RequestMade
    problem: str | None = None


class Recovered(NamedTuple):
    """A new owner goes on; `interrupted` says of each step cut off whether it may write."""

    owner: str
    fence: int
    reason: str
    interrupted: Mapping[StepPath, bool] = MappingProxyType({})


Outcome: TypeAlias = (
    Began | AttemptSucceeded | AttemptFailed | TimerFired | PlanTimedOut | Requested | Recovered
)
