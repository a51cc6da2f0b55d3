"""What is done to a plan from the side: checkpoints, breakpoints, loops found, compensation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue

from milepost.domain.values import ContentHash

from .base import Event, Impact
from .plan_events import PlanEvent

if TYPE_CHECKING:
    from milepost.domain.aggregates import PlanStream


class CheckpointTaken(PlanEvent):
    """A moment of the plan has a name; a snapshot, if there is one, equals the fold up to it."""

    kind: ClassVar[str] = "plan.checkpoint_taken.v1"
    impact: ClassVar[Impact] = Impact.STEP

    name: str
    """The checkpoint's name, unique in the plan."""
    at: str
    """Id of the event whose moment it is."""
    snapshot: ContentHash | None = None
    """Hash of the stored state, if it was asked for."""
    why: str = ""
    """The reason in words."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the name is known."""
        plan.checkpoints = plan.checkpoints | {self.name: self.at}
        plan.snapshots = plan.snapshots | ({self.name: self.snapshot} if self.snapshot else {})


class CheckpointForgotten(PlanEvent):
    """A checkpoint's name is free again; the events stay."""

    kind: ClassVar[str] = "plan.checkpoint_forgotten.v1"
    impact: ClassVar[Impact] = Impact.STEP

    name: str
    """The checkpoint's name."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the name is gone."""
        plan.checkpoints = {key: at for key, at in plan.checkpoints.items() if key != self.name}
        plan.snapshots = {key: one for key, one in plan.snapshots.items() if key != self.name}


class BreakpointChanged(PlanEvent):
    """The plan pauses before a step, or no longer does."""

    kind: ClassVar[str] = "plan.breakpoint_changed.v1"
    impact: ClassVar[Impact] = Impact.STEP

    step: str
    """Path of the step; without the numbers of iterations it stands for all of them."""
    on: bool
    """Whether the plan pauses there."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the breakpoint is set, or gone."""
        others = plan.breakpoints - {self.step}
        plan.breakpoints = others | {self.step} if self.on else others


class LoopDetected(PlanEvent):
    """The plan goes round in circles; what follows is its own event."""

    kind: ClassVar[str] = "plan.loop_detected.v1"

    found: Literal["repetition", "pattern", "state", "spend"]
    """The same call too often, a sequence that repeats, a state met before, or spend in vain."""
    count: int
    """How often it was seen."""
    allowed: int
    """How often it may be."""
    steps: tuple[str, ...] = ()
    """Paths of the steps that repeat, in order."""
    evidence: tuple[str, ...] = ()
    """Ids of the events that show it."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: nothing but the record changes."""


class CompensationBegun(PlanEvent):
    """Finished steps are undone, the last one first; then `then` happens."""

    kind: ClassVar[str] = "plan.compensation_begun.v1"

    steps: tuple[str, ...]
    """Paths of the steps to undo, in that order."""
    then: Literal["fail", "cancel", "pause"]
    """What follows: the plan fails, is cancelled, or pauses and waits for what is next."""
    reason: str
    """Why the steps are undone."""
    outcome: dict[str, JsonValue] = Field(default_factory=dict)
    """The fields of the event that follows."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: the plan runs, and does nothing but undo."""
        plan.reopen(self)
        plan.compensation = self


class CompensationEnded(PlanEvent):
    """All that was to be undone is, but for what `failed` names."""

    kind: ClassVar[str] = "plan.compensation_ended.v1"

    failed: tuple[str, ...] = ()
    """Paths of the steps that could not be undone."""

    def apply(self, plan: PlanStream) -> None:
        """Fold: nothing is being undone."""
        plan.compensation = None


CONTROL_EVENTS: tuple[type[Event], ...] = (
    CheckpointTaken,
    CheckpointForgotten,
    BreakpointChanged,
    LoopDetected,
    CompensationBegun,
    CompensationEnded,
)
"""What is done to a plan from the side."""
