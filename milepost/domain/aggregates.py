"""Aggregates on `eventsourcing`: a stream's shell, folded by its events.

A shell exists before its first event (version 0): ten thousand pending steps cost no event.
`record` numbers an event and folds it; deciding is done elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from eventsourcing.domain import BaseAggregate

from .errors import IllegalTransitionError
from .ids import EventId, event_id
from .lifecycles import PLAN, PLAN_ENDED, STEP
from .plans import PlanStatus
from .steps import ENDED, StepStatus

if TYPE_CHECKING:
    from pydantic import JsonValue

    from .events import (
        CompensationBegun,
        ErrorRecord,
        Event,
        PlanDrafted,
        PlanForked,
        PlanStarted,
        Question,
        ReplanBegun,
        RequestMade,
    )
    from .events.values import SkipReason, Usage, Waiting
    from .plans import Completion

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
EventT = TypeVar("EventT", bound="Event")


class Stream(BaseAggregate[str]):
    """A stream of events and the state that they add up to."""

    @classmethod
    def shell(cls, stream: str) -> Self:
        """Return the stream before its first event."""
        aggregate = cls.__new__(cls)
        aggregate.__base_init__(stream, 0, _BEGINNING)
        aggregate.renew()
        return aggregate

    @classmethod
    def folded(cls, stream: str, events: Iterable[Event]) -> Self:
        """Return the stream after `events`."""
        aggregate = cls.shell(stream)
        for event in events:
            event.mutate(aggregate)
        return aggregate

    @property
    def latest(self) -> EventId:
        """Id of the stream's newest event."""
        return event_id(self._id, self._version)

    def record(self, make: Callable[..., EventT], **fields: Any) -> EventT:  # noqa: ANN401
        """Append the stream's next event: number it, fold it and return it.

        `make` is the event's class, or its `trusted`.
        """
        event = make(originator_id=self._id, originator_version=self._version + 1, **fields)
        event.apply(self)
        self._version = event.originator_version
        self._modified_on = event.timestamp
        return event

    def renew(self) -> None:
        """Set the state that a stream has before its first event."""
        raise NotImplementedError


class Memo(NamedTuple):
    """A result that a step had before it was reset, and the resolved templates it came from."""

    source: str
    bindings: dict[str, JsonValue]
    output: JsonValue


class Step(Stream):
    """One step's lifecycle, its attempts and its result."""

    status: StepStatus = StepStatus.PENDING
    activation: int = -1

    def renew(self) -> None:
        """Begin an activation: pending, no attempt made, nothing known."""
        self.status = StepStatus.PENDING
        self.ended = False
        """Whether nothing more happens to the step in this activation."""
        self.activation += 1
        self.attempt = 0
        self.retries = 0
        self.bindings: dict[str, JsonValue] = {}
        self.output: JsonValue = None
        self.error: ErrorRecord | None = None
        self.reason: str | None = None
        self.skipped: SkipReason | None = None
        self.waiting: Waiting | None = None
        self.question: Question | None = None
        self.due: datetime | None = None
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.calls = 0
        self.tokens = 0
        self.source: str | None = None
        self.memo: Memo | None = None

    def memory(self, version: int) -> Memo | None:
        """Return what to remember when the step is reset after its event of that version."""
        if self.status is not StepStatus.COMPLETED:
            return self.memo
        return Memo(self.source or event_id(self._id, version), self.bindings, self.output)

    def move(self, trigger: str) -> None:
        """Change the status by the lifecycle's table; raise `IllegalTransitionError`."""
        self.status = STEP.after(trigger, self.status, self._id)
        self.ended = self.status in ENDED

    def end(self, event: Event) -> None:
        """Note the time at which the step ended."""
        self.ended_at = event.timestamp
        self.waiting = self.due = self.question = None

    def account(self, usage: Usage | None, duration: float | None) -> None:
        """Add what an attempt used; one that took time made a call."""
        self.calls += duration is not None
        if usage is not None:
            self.calls += usage.calls
            self.tokens += usage.input_tokens + usage.output_tokens


class PlanStream(Stream):
    """A plan's lifecycle, inputs, context and end."""

    def renew(self) -> None:
        """Set the state before the draft."""
        self.status = PlanStatus.READY
        self.ended = False
        """Whether the plan came to its end in this epoch."""
        self.revision = 1
        self.epoch = 1
        self.content = ""
        self.name: str | None = None
        self.workflow: str | None = None
        self.inputs: dict[str, JsonValue] = {}
        self.context: dict[str, JsonValue] = {}
        self.session: str | None = None
        self.user: str | None = None
        self.trace: str | None = None
        self.decider = 0
        self.strategy = ""
        self.owner = ""
        self.fence = 0
        self.started_at: datetime | None = None
        self.paused_at: datetime | None = None
        self.paused_for = timedelta()
        self.ended_at: datetime | None = None
        self.handled_requests = 0
        self.reason: str | None = None
        self.waiting: tuple[str, ...] = ()
        self.limit: str | None = None
        self.completion: Completion | None = None
        self.error: ErrorRecord | None = None
        self.output_of: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()
        self.begun_at: datetime | None = None
        """When the present epoch began."""
        self.ran_before = timedelta()
        """How long all earlier epochs took together."""
        self.forked_from: str | None = None
        self.checkpoints: dict[str, str] = {}
        self.snapshots: dict[str, str] = {}
        self.breakpoints: frozenset[str] = frozenset()
        self.compensation: CompensationBegun | None = None
        self.replanning: ReplanBegun | None = None
        self.replans = 0
        self.troubles: tuple[ReplanBegun, ...] = ()
        """What called for another plan so far."""
        self.given_up: frozenset[str] = frozenset()
        """Ids of the events for which no other plan was found in this epoch."""

    def draft(self, event: PlanDrafted) -> None:
        """Take over what the draft says; raise `IllegalTransitionError` for a second one."""
        if self._version:
            raise IllegalTransitionError(self._id, state=self.status, trigger="draft")
        self._created_on = event.timestamp
        self.content = event.content
        self.name = event.name
        self.workflow = event.workflow
        self.inputs = event.inputs
        self.context = event.context
        self.session = event.session
        self.user = event.user
        self.trace = event.trace
        self.breakpoints = frozenset(event.breakpoints)

    def begin(self, event: PlanForked | PlanStarted) -> None:
        """Run, under the rules that the event names."""
        self.move("start")
        self.started_at = self.begun_at = event.timestamp
        self.decider = event.decider
        self.strategy = event.strategy

    def reopen(self, event: Event) -> None:
        """Run again: a plan that had ended begins a new epoch."""
        if self.ended:
            if self.begun_at is not None and self.ended_at is not None:
                self.ran_before += self.ended_at - self.begun_at
            self.move("reopen")
            self.epoch += 1
            self.begun_at, self.ended_at = event.timestamp, None
            self.paused_for = timedelta()
            self.replans = 0
            self.completion = self.error = self.reason = None
            self.output_of = self.missing = ()
        elif self.status is PlanStatus.PAUSED:
            self.move("resume")
            self.unpause(event.timestamp)
        self.limit = None
        self.given_up = frozenset()
        self.replanning = self.compensation = None

    def revise(self, number: int, content: str, workflow: str | None = None) -> None:
        """Have that content as revision `number`; a workflow of None is the one it was of."""
        self.revision = number
        self.content = content
        if workflow is not None:
            self.workflow = workflow or None

    def move(self, trigger: str) -> None:
        """Change the status by the lifecycle's table; raise `IllegalTransitionError`."""
        self.status = PLAN.after(trigger, self.status, self._id)
        self.ended = self.status in PLAN_ENDED

    def unpause(self, now: datetime) -> None:
        """Add the pause that ends now to the time that limits do not count."""
        if self.paused_at is not None:
            self.paused_for += now - self.paused_at
        self.paused_at = None
        self.waiting = ()

    def ran_until(self, now: datetime) -> timedelta | None:
        """Return how long the plan has run, all epochs together; None if it has not started.

        A plan that is open has run until `now`; the time between epochs does not count.
        """
        if self.begun_at is None:
            return None
        return self.ran_before + (self.ended_at or now) - self.begun_at

    def end(self, event: Event, completion: Completion | None, reason: str) -> None:
        """Note the end of the plan, and of a pause that it ended in."""
        self.unpause(event.timestamp)
        self.ended_at = event.timestamp
        self.completion = completion
        self.reason = reason


class RequestStream(Stream):
    """What others asked the owner of one plan for, in order."""

    def renew(self) -> None:
        """Set the state before the first request."""
        self.made: list[RequestMade] = []


class WorkflowStream(Stream):
    """The published versions of one workflow."""

    def renew(self) -> None:
        """Set the state before the first version."""
        self.versions: dict[str, str] = {}
        self.retired: set[str] = set()
