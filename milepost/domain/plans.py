"""What a plan is before it runs, its settings, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from .durations import Duration
from .graph import check_nesting
from .policies import RetryPolicy
from .recovery import RecoveryPolicy
from .replanning import LoopPolicy, OnLoop, ReplanPolicy
from .steps import StepSpec

MAX_STEPS = 100_000


class OrchestrationType(StrEnum):
    """How a plan came to be and is carried out."""

    SIMPLE = "simple"
    FIXED = "fixed"
    PLANNER = "planner"
    REACTIVE = "reactive"


class PlanStatus(StrEnum):
    """Where a plan's lifecycle stands."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Completion(StrEnum):
    """What kind of end a plan came to."""

    SUCCESS = "success"
    PARTIAL = "partial"
    ERROR = "error"
    TIMEOUT = "timeout"


class Scheduling(StrEnum):
    """In which order ready steps start; `auto` picks serial, parallel or dag by the edges."""

    AUTO = "auto"
    SERIAL = "serial"
    PARALLEL = "parallel"
    DAG = "dag"
    PRIORITY = "priority"
    RESOURCES = "resources"


class OnLimit(StrEnum):
    """What follows when a plan reaches one of its limits."""

    FAIL = "fail"
    PAUSE = "pause"


class LogLevel(StrEnum):
    """Least level of the log lines of a run."""

    TRACE = "trace"
    DEBUG = "debug"
    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


Reference = Annotated[str, Field(pattern=r"^[^@\n]+@[^@\s]+$")]
"""`NAME@VERSION` of a published workflow."""


class CheckpointPolicy(_Value):
    """When a plan takes checkpoints by itself."""

    every: Annotated[int, Field(ge=1)] | None = None
    """After that many events."""
    after: tuple[str, ...] = ()
    """After these steps, by path; without the numbers of iterations it means all of them."""


class PlanSettings(_Value):
    """Limits and habits of a whole plan."""

    max_execution_time: Duration | None = None
    """Longest time from start to end; down time counts, pauses do not."""
    max_parallel_steps: Annotated[int, Field(ge=1, le=10_000)] = 5
    stop_on_first_failure: bool = True
    default_retry: RetryPolicy | None = None
    log_level: LogLevel = LogLevel.INFORMATION
    scheduling: Scheduling = Scheduling.AUTO
    resources: dict[str, Annotated[int, Field(ge=1)]] = {}
    """How much of each named resource the plan's steps may hold together."""
    max_steps: Annotated[int, Field(ge=1, le=10_000_000)] = MAX_STEPS
    """Most step starts, retries included."""
    max_retries: Annotated[int, Field(ge=0)] | None = None
    """Most retries over all steps."""
    max_replans: Annotated[int, Field(ge=0)] = 3
    on_limit: OnLimit = OnLimit.FAIL
    checkpoints: CheckpointPolicy | None = None
    replan: ReplanPolicy | None = None
    """When the plan asks its planner for another content; None for never."""
    recovery: RecoveryPolicy | None = None
    """How the plan goes on when it has failed and is recovered; None to run what failed again."""
    loops: LoopPolicy | None = None
    """What counts as going round in circles; None to look for nothing."""

    @model_validator(mode="after")
    def _can_replan(self) -> PlanSettings:
        if self.loops is not None and self.loops.on_loop is OnLoop.REPLAN and self.replan is None:
            raise ValueError("`on_loop: replan` needs `replan` in the settings")
        return self


class PlanSpec(_Value):
    """A plan as written: immutable; the content of one revision."""

    type: OrchestrationType = OrchestrationType.FIXED
    steps: Annotated[tuple[StepSpec, ...], Field(min_length=1)]
    name: str | None = None
    description: str | None = None
    version: str = "1.0.0"
    inputs: dict[str, dict[str, JsonValue]] = {}
    """A JSON Schema for each input; `default` fills in an input that is not given."""
    context: dict[str, JsonValue] = {}
    settings: PlanSettings = PlanSettings()
    estimated_duration: Duration | None = None
    metadata: dict[str, JsonValue] = {}
    fallback: Annotated[tuple[StepSpec, ...], Field(min_length=1)] | Reference | None = None
    """Steps that take the place of all that is not finished when nothing else is left to try."""

    def validate_execution_order(self) -> None:
        """Raise `DependencyError` for missing, doubled, own and cyclic dependencies.

        Children of containers are checked as well, and cycles that lead through them.
        """
        check_nesting(self.steps)

    def executable_steps(self, completed: Collection[str] = ()) -> list[StepSpec]:
        """Return the steps not in `completed` whose dependencies all are, in file order."""
        done = frozenset(completed)
        return [
            step for step in self.steps if step.id not in done and done.issuperset(step.waits_for)
        ]


class Plan(PlanSpec):
    """A plan with a name of its own: what `PlanBuilder` builds and `run` and `start` accept."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    type: OrchestrationType
    status: PlanStatus = PlanStatus.READY
    created_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    session: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()

    def content(self) -> PlanSpec:
        """Return what a revision keeps: the plan without its id, state and owner."""
        return PlanSpec.model_construct(
            **{name: getattr(self, name) for name in PlanSpec.model_fields}
        )


class PlanResult(_Value):
    """What came of a plan; the four counts add up to its number of steps."""

    plan_id: str
    status: PlanStatus
    completion: Completion | None = None
    reason: str | None = None
    completed_steps: int = 0
    failed_steps: int = 0
    skipped_steps: int = 0
    cancelled_steps: int = 0
    duration: timedelta = timedelta()
    final_output: JsonValue = None
    error_message: str | None = None
    missing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    """Steps of a paused plan that wait for a person."""

    @property
    def success(self) -> bool:
        """Whether the plan did all that it was to do."""
        return self.completion is Completion.SUCCESS


def walk(steps: tuple[StepSpec, ...]) -> Iterator[StepSpec]:
    """Yield every step, parents before children, in file order."""
    pending = list(reversed(steps))
    while pending:
        step = pending.pop()
        yield step
        inner = step.steps + tuple(child for case in step.cases for child in case.steps)
        pending.extend(reversed(inner))
