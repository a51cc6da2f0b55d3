"""What changes a plan's course: revisions, going back, recovering, and forks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, JsonValue

from milepost.domain.recovery import RecoveryStrategy
from milepost.domain.replanning import RevisionStrategy, RevisionTrigger
from milepost.domain.values import ContentHash

from .base import Event
from .plan_events import PlanEvent
from .values import ErrorRecord

if TYPE_CHECKING:
    from milepost.domain.aggregates import PlanStream


class _Revision(PlanEvent):
    """A plan has new content, or content of its own that it had before."""

    number: int
    """Number of the revision that holds from here on."""
    content: ContentHash
    """Hash of the revision's content."""
    parent: int
    """Number of the revision that it was made from."""
    kept: int = 0
    """How many ended steps keep what came of them."""
    reset: int = 0
    """How many steps that had moved are pending again."""
    removed: tuple[str, ...] = ()
    """Paths of steps that had moved and that the revision no longer has."""
    workflow: str | None = None
    """`name@version` of the published workflow that the plan is of from here on, empty if it is
    of none; null if that is as before."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan has this content."""
        plan.revise(self.number, self.content, self.workflow)


class PlanRevised(_Revision):
    """The plan goes on by another content; what is finished stays finished."""

    kind: ClassVar[str] = "plan.revised.v1"

    trigger: RevisionTrigger
    """Why there is a revision: a failure, an unexpected result, a user, resources or a timeout."""
    strategy: RevisionStrategy
    """What it does: the same again, another way, a part of it anew, or all of it anew."""
    evidence: tuple[str, ...] = ()
    """Ids of the events that led to the revision."""
    why: str = ""
    """The reason in words."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan has this content; a replan that was under way is over."""
        super().apply(plan)
        plan.replanning = None


class _Reopening(_Revision):
    """A plan goes on from where it was, or beyond where it failed."""

    context: dict[str, JsonValue] = Field(default_factory=dict)
    """The plan's context from here on."""
    reason: str = ""
    """The reason in words."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan runs by this content; an ended one is open again."""
        plan.reopen(self)
        super().apply(plan)
        plan.context = self.context


class PlanRolledBack(_Reopening):
    """The content of an earlier revision holds again, as a new revision; nothing is deleted."""

    kind: ClassVar[str] = "plan.rolled_back.v1"

    to: int
    """Number of the revision whose content it is."""


class PlanRestored(_Reopening):
    """The plan is as it was right after an earlier event, and goes on from there."""

    kind: ClassVar[str] = "plan.restored.v1"

    at: str
    """Id of the event whose moment is restored."""
    checkpoint: str | None = None
    """Name of the checkpoint, if one was named."""


class PlanRecovered(_Reopening):
    """A plan that failed goes on; `settles` links the failure with what settled it."""

    kind: ClassVar[str] = "plan.recovered.v1"

    strategy: RecoveryStrategy
    """How: failed steps again, the whole plan again, or on without the failed steps."""
    settles: str | None = None
    """Id of the event by which the plan had failed; none if it had not ended."""
    steps: tuple[str, ...] = ()
    """Paths of the failed steps that are run again or left out."""


class PlanForked(PlanEvent):
    """The plan begins where another one stood; the steps finished there are adopted next."""

    kind: ClassVar[str] = "plan.forked.v1"

    parent: str
    """Id of the plan that it was forked from."""
    at: str
    """Id of the parent's event after which the two differ."""
    replaced: tuple[str, ...] = ()
    """Paths of steps that were given another result."""
    hold: bool = False
    """Whether the plan pauses before anything runs."""
    context: dict[str, JsonValue] = Field(default_factory=dict)
    """The parent's context at that moment."""
    decider: int
    """Version of the rules that decide the plan's course."""
    strategy: str
    """serial, parallel, dag, priority or resources: chosen from the plan unless it was given."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan runs."""
        plan.begin(self)
        plan.forked_from = self.at
        plan.context = self.context


class ReplanBegun(PlanEvent):
    """A planner is asked for another plan; no further step starts until there is one."""

    kind: ClassVar[str] = "plan.replan_begun.v1"

    number: int
    """How many replans there were in this epoch, this one included."""
    trigger: RevisionTrigger
    """What calls for another plan."""
    step: str | None = None
    """Path of the step that does, if one does."""
    evidence: tuple[str, ...] = ()
    """Ids of the events that led here."""
    state: dict[str, JsonValue] = Field(default_factory=dict)
    """How the plan stands: steps by status, and what is under way."""
    analysis: dict[str, JsonValue] = Field(default_factory=dict)
    """What is known of the cause."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan waits for its planner."""
        plan.replanning = self
        plan.replans += 1
        plan.troubles = (*plan.troubles, self)


class ReplanFailed(PlanEvent):
    """The planner had no usable plan; what follows is its own event."""

    kind: ClassVar[str] = "plan.replan_failed.v1"

    why: str
    """What was wrong."""
    error: ErrorRecord | None = None
    """The same with its kind and code."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan waits for no planner, and what called for one is left as it is."""
        if plan.replanning is not None:
            plan.given_up = plan.given_up.union(plan.replanning.evidence)
        plan.replanning = None


REVISION_EVENTS: tuple[type[Event], ...] = (
    PlanRevised,
    PlanRolledBack,
    PlanRestored,
    PlanRecovered,
    PlanForked,
    ReplanBegun,
    ReplanFailed,
)
"""What a plan's content may change by, and its forks."""
