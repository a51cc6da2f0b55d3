"""What can happen to a running plan: the only things that `decide` learns from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from milepost.domain.events import ErrorRecord, Event, RequestMade, SkipReason, Usage
from milepost.domain.ids import StepPath
from milepost.domain.replanning import RevisionStrategy
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash, Json

if TYPE_CHECKING:
    from .compiled import CompiledPlan


class Began(NamedTuple):
    """The plan is to run; `removed` are edges that were left out because they closed a cycle."""

    removed: tuple[Json, ...] = ()


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
    """Somebody asked for something; `problem` is why it cannot be, if the shell found so.

    What changes the plan's course comes with the content to have and the record so far.
    """

    request: RequestMade
    problem: str | None = None
    compiled: CompiledPlan | None = None
    history: Sequence[Event] = ()


class Inherited(NamedTuple):
    """What a step of a fork's parent had come to; `source` is the event that holds a result."""

    path: StepPath
    status: StepStatus
    output: Json = None
    bindings: Mapping[str, Json] = MappingProxyType({})
    source: str | None = None
    error: ErrorRecord | None = None
    skipped: SkipReason | None = None
    detail: str = ""


class Forked(NamedTuple):
    """The plan is to begin where `parent` stood right after its event `at`.

    `context` is the parent's as it is taken over, unless there is the parent's record: then what
    is not taken over is left out of it.
    """

    parent: str
    at: str
    inherited: Sequence[Inherited]
    context: Mapping[str, Json]
    replaced: tuple[StepPath, ...] = ()
    history: Sequence[Event] = ()
    undone: Sequence[StepPath] = ()
    """Steps that the parent had undone and that are given no other result."""
    hold: bool = False
    """Whether the plan is to pause before anything runs."""


class PlanningChoice(NamedTuple):
    """A choice that a planner made on its way to a plan, or to none."""

    chosen: Json
    why: str
    inputs: dict[str, Json]
    alternatives: tuple[Json, ...] = ()


class Planned(NamedTuple):
    """The planner answers the replan that began with the event `begun`.

    `again` are paths of failed steps that are to run again; `problem` is why the plan cannot have
    the content, if the shell found so.
    """

    begun: str
    planner: str
    content: ContentHash
    strategy: RevisionStrategy
    why: str
    again: tuple[str, ...] = ()
    choices: Sequence[PlanningChoice] = ()
    compiled: CompiledPlan | None = None
    body: bytes | None = None
    problem: str | None = None


class PlanningFailed(NamedTuple):
    """The planner knows no plan, or none that the plan could have."""

    begun: str
    planner: str
    error: ErrorRecord
    choices: Sequence[PlanningChoice] = ()


class Recovered(NamedTuple):
    """A new owner goes on; `interrupted` says of each step cut off whether it may write."""

    owner: str
    fence: int
    reason: str
    interrupted: Mapping[StepPath, bool] = MappingProxyType({})


Outcome: TypeAlias = (
    Began
    | Forked
    | AttemptSucceeded
    | AttemptFailed
    | TimerFired
    | PlanTimedOut
    | Requested
    | Planned
    | PlanningFailed
    | Recovered
)
