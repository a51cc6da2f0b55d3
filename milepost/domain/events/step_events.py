"""What happens to a step. Each event folds itself into a `Step` aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import AwareDatetime, Field, JsonValue

from milepost.domain.durations import Duration

from .base import Event, Impact
from .values import ErrorRecord, Question, SkipReason, Usage, Waiting

if TYPE_CHECKING:
    from milepost.domain.aggregates import Step


class StepStarted(Event):
    """An attempt begins; `bindings` holds each resolved template by JSON pointer.

    Of a branch, `/case` is the index of the case that it takes, null if no case holds; of a loop,
    `/for_each` and `/count` are what it goes over, `/rounds` how many iterations it enters without
    asking again. Later attempts of an activation leave `bindings` out: they use those of the first.
    """

    kind: ClassVar[str] = "step.started.v1"

    attempt: int = 1
    bindings: dict[str, JsonValue] = Field(default_factory=dict)

    def apply(self, step: Step) -> None:
        """Fold: the step runs."""
        step.move("start")
        step.attempt = self.attempt
        if step.started_at is None:
            step.started_at = self.timestamp
        if self.bindings:
            step.bindings = self.bindings
        step.waiting = step.due = step.question = None


class StepCompleted(Event):
    """The step has its result; it is never run again unless it is reset."""

    kind: ClassVar[str] = "step.completed.v1"

    output: JsonValue = None
    duration: float | None = None
    """Seconds that the attempt ran, by a monotonic clock."""
    usage: Usage | None = None

    def apply(self, step: Step) -> None:
        """Fold: the step is done."""
        step.move("complete")
        step.output = self.output
        step.error = None
        step.account(self.usage, self.duration)
        step.end(self)


class StepFailed(Event):
    """The step ended without a result."""

    kind: ClassVar[str] = "step.failed.v1"

    error: ErrorRecord
    duration: float | None = None
    usage: Usage | None = None

    def apply(self, step: Step) -> None:
        """Fold: the step failed."""
        step.move("fail")
        step.error = self.error
        step.account(self.usage, self.duration)
        step.end(self)


class StepRetrying(Event):
    """An attempt failed and another follows at `due`, after `delay`."""

    kind: ClassVar[str] = "step.retrying.v1"
    impact: ClassVar[Impact] = Impact.TRACE

    error: ErrorRecord
    delay: Duration
    due: AwareDatetime
    duration: float | None = None
    usage: Usage | None = None

    def apply(self, step: Step) -> None:
        """Fold: the step waits for its next attempt."""
        step.move("retry")
        step.error = self.error
        step.waiting = step.question = None
        step.due = self.due
        step.retries += 1
        step.account(self.usage, self.duration)


class StepSuspended(Event):
    """The step waits for a time, a person, an outside event, or news of an unknown outcome."""

    kind: ClassVar[str] = "step.suspended.v1"

    waiting: Waiting
    due: AwareDatetime | None = None
    question: Question | None = None

    def apply(self, step: Step) -> None:
        """Fold: the step waits."""
        step.move("suspend")
        step.waiting = self.waiting
        step.due = self.due
        step.question = self.question


class StepSkipped(Event):
    """The step will not run; `detail` says which condition or step decided."""

    kind: ClassVar[str] = "step.skipped.v1"

    reason: SkipReason
    detail: str = ""

    def apply(self, step: Step) -> None:
        """Fold: the step is skipped."""
        step.move("skip")
        step.skipped = self.reason
        step.reason = self.detail
        step.end(self)


class StepCancelled(Event):
    """The step was stopped before its end."""

    kind: ClassVar[str] = "step.cancelled.v1"

    reason: str

    def apply(self, step: Step) -> None:
        """Fold: the step is cancelled."""
        step.move("cancel")
        step.reason = self.reason
        step.end(self)


class StepReset(Event):
    """The step is to run again; what it did before stays in the history."""

    kind: ClassVar[str] = "step.reset.v1"
    impact: ClassVar[Impact] = Impact.PLAN

    reason: str
    keep: bool = False
    """Whether the result is adopted again if the step comes to do the very same."""
    bindings: dict[str, JsonValue] = Field(default_factory=dict)
    """Values by JSON pointer that the next start uses instead of resolving its templates."""

    def apply(self, step: Step) -> None:
        """Fold: the step is pending once more, under a new activation."""
        memo = step.memory(self.originator_version - 1) if self.keep else None
        step.move("reset")
        step.renew()
        step.memo = memo
        step.bindings = self.bindings


class StepAdopted(Event):
    """The step has a result that is on record: it would do the very same, so it is not run."""

    kind: ClassVar[str] = "step.adopted.v1"

    output: JsonValue = None
    """The result."""
    source: str | None = None
    """Id of the event that holds the result; none if the result was given by a person."""
    bindings: dict[str, JsonValue] = Field(default_factory=dict)
    """The resolved templates by JSON pointer that the result belongs to."""

    def apply(self, step: Step) -> None:
        """Fold: the step is done."""
        step.move("adopt")
        step.output = self.output
        step.source = self.source
        step.bindings = self.bindings
        step.started_at = self.timestamp
        step.end(self)


STEP_EVENTS: tuple[type[Event], ...] = (
    StepStarted,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepSuspended,
    StepSkipped,
    StepCancelled,
    StepReset,
    StepAdopted,
)
