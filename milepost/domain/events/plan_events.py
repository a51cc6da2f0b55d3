"""What happens to a plan as a whole. Each event folds itself into a `Plan` aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, JsonValue

from milepost.domain.ids import version_of
from milepost.domain.plans import Completion
from milepost.domain.values import ContentHash

from .base import Event, Impact
from .values import ErrorRecord

if TYPE_CHECKING:
    from milepost.domain.aggregates import PlanStream


class PlanEvent(Event):
    """An event of a plan's own stream."""

    impact: ClassVar[Impact] = Impact.PLAN


class PlanDrafted(PlanEvent):
    """A plan exists; `content` addresses revision 1, stored once for all plans that share it."""

    kind: ClassVar[str] = "plan.drafted.v1"

    content: ContentHash
    name: str | None = None
    version: str = "1.0.0"
    workflow: str | None = None
    """`name@version` of the published workflow that the plan was made from."""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    context: dict[str, JsonValue] = Field(default_factory=dict)
    session: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    trace: str | None = None
    """W3C traceparent given at the start."""
    breakpoints: tuple[str, ...] = ()
    """Paths of steps before which the plan pauses."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan is ready."""
        plan.draft(self)


class PlanStarted(PlanEvent):
    """The plan runs; `decider` is the version of the rules that decide its course."""

    kind: ClassVar[str] = "plan.started.v1"

    decider: int
    strategy: str
    """serial, parallel, dag, priority or resources: chosen from the plan unless it was given."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan runs."""
        plan.begin(self)


class PlanPaused(PlanEvent):
    """No further step starts; `waiting` names the steps that wait for a person, if any."""

    kind: ClassVar[str] = "plan.paused.v1"

    reason: str
    waiting: tuple[str, ...] = ()
    breakpoint: str | None = None
    """Path of the step before which the plan was to pause, if that is why it does."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan is paused."""
        plan.move("pause")
        plan.paused_at = self.timestamp
        plan.reason = self.reason
        plan.waiting = self.waiting


class PlanResumed(PlanEvent):
    """The plan goes on after a pause."""

    kind: ClassVar[str] = "plan.resumed.v1"

    reason: str = ""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan runs again."""
        plan.move("resume")
        plan.unpause(self.timestamp)


class DecisionRecorded(PlanEvent):
    """A choice: what was chosen, why, from which inputs, and what else could have been."""

    kind: ClassVar[str] = "plan.decision_recorded.v1"

    what: str
    chosen: JsonValue
    why: str
    step: str | None = None
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    alternatives: tuple[JsonValue, ...] = ()

    def apply(self, plan: PlanStream) -> None:
        """Fold: nothing but the record changes."""


class LimitReached(PlanEvent):
    """A limit of the plan was reached; what follows is its own event."""

    kind: ClassVar[str] = "plan.limit_reached.v1"

    limit: str
    allowed: JsonValue
    reached: JsonValue

    def apply(self, plan: PlanStream) -> None:
        """Fold: the limit is known as reached."""
        plan.limit = self.limit


class ContextChanged(PlanEvent):
    """Values were written to the plan's context, by the step named."""

    kind: ClassVar[str] = "plan.context_changed.v1"

    changes: dict[str, JsonValue]
    step: str | None = None

    def apply(self, plan: PlanStream) -> None:
        """Fold: the context holds the new values."""
        plan.context = plan.context | self.changes


class PlanCompleted(PlanEvent):
    """The plan ended; `missing` lists what a partial success lacks."""

    kind: ClassVar[str] = "plan.completed.v1"
    impact: ClassVar[Impact] = Impact.END

    completion: Completion = Completion.SUCCESS
    reason: str
    """all_done, response, or flag."""
    output_of: tuple[str, ...] = ()
    """Path of the step whose output is the final one; several give an object of outputs by id."""
    missing: tuple[str, ...] = ()

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan is done."""
        plan.move("complete")
        plan.end(self, self.completion, self.reason)
        plan.output_of = self.output_of
        plan.missing = self.missing


class PlanFailed(PlanEvent):
    """The plan ended without doing what it was to do; finished results are kept."""

    kind: ClassVar[str] = "plan.failed.v1"
    impact: ClassVar[Impact] = Impact.END

    completion: Completion = Completion.ERROR
    reason: str
    error: ErrorRecord
    missing: tuple[str, ...] = ()

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan failed."""
        plan.move("fail")
        plan.end(self, self.completion, self.reason)
        plan.error = self.error
        plan.missing = self.missing


class PlanCancelled(PlanEvent):
    """The plan was stopped on request."""

    kind: ClassVar[str] = "plan.cancelled.v1"
    impact: ClassVar[Impact] = Impact.END

    reason: str = ""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan is cancelled."""
        plan.move("cancel")
        plan.end(self, None, self.reason)


class OwnerChanged(PlanEvent):
    """Another process carries the plan on; what ran without a result is decided anew."""

    kind: ClassVar[str] = "plan.owner_changed.v1"

    owner: str
    fence: int
    reason: str
    interrupted: dict[str, bool] = Field(default_factory=dict)
    """Steps cut off in mid-call, each with whether its tool may have written."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan has a new owner."""
        plan.owner = self.owner
        plan.fence = self.fence


class RequestAnswered(PlanEvent):
    """A request (the cause) was carried out or refused; the events before say what it did."""

    kind: ClassVar[str] = "plan.request_answered.v1"

    accepted: bool
    why: str = ""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the request needs no second look."""
        plan.handled_requests = version_of(self.cause)


PLAN_EVENTS: tuple[type[Event], ...] = (
    PlanDrafted,
    PlanStarted,
    PlanPaused,
    PlanResumed,
    DecisionRecorded,
    LimitReached,
    ContextChanged,
    PlanCompleted,
    PlanFailed,
    PlanCancelled,
    OwnerChanged,
    RequestAnswered,
)
