"""The port to planners: asked for another content of a plan when the present one does not work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from milepost.domain.events import ErrorRecord
from milepost.domain.plans import PlanSpec
from milepost.domain.replanning import RevisionStrategy, RevisionTrigger
from milepost.domain.revisions import Edit
from milepost.domain.steps import StepStatus
from milepost.domain.values import Json

from .core import PlanningChoice


class StepState(NamedTuple):
    """A step as it stands when the planner is asked."""

    written: str
    """Its path in the plan as written: without the numbers of iterations."""
    status: StepStatus
    output: Json
    error: ErrorRecord | None
    attempt: int


class Earlier(NamedTuple):
    """An earlier replan of the plan; `strategy` is None if it led to no other content."""

    trigger: RevisionTrigger
    step: str | None
    analysis: Mapping[str, Json]
    strategy: RevisionStrategy | None
    why: str


class Refused(NamedTuple):
    """A proposal of this replan that the plan could not have."""

    strategy: RevisionStrategy
    why: str


@dataclass(frozen=True, slots=True)
class ReplanRequest:
    """All that a planner is told."""

    plan: str
    spec: PlanSpec
    """The present content."""
    trigger: RevisionTrigger
    step: str | None
    """Path of the step that calls for another plan, if one does."""
    failed: str | None
    """Path of the top-level step that failed with it, to be run again; None if none failed."""
    analysis: Mapping[str, Json]
    steps: Mapping[str, StepState]
    """Every step that came into being, by path."""
    needs: Mapping[str, Sequence[str]]
    """For each top-level step the ids of those that it, or a step inside of it, waits for."""
    inputs: Mapping[str, Json]
    context: Mapping[str, Json]
    history: Sequence[Earlier] = ()
    refused: Sequence[Refused] = ()
    """What was proposed in this replan already."""
    fallback: PlanSpec | None = None
    """The plan's own fallback, if it has one."""

    @property
    def written(self) -> str | None:
        """Path of `step` in the plan as written."""
        if self.step is None:
            return None
        known = self.steps.get(self.step)
        return known.written if known is not None else self.step


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a planner proposes: edits of the present content, or a whole one.

    Of a whole one only what is not finished counts: what is finished or under way is kept.
    """

    strategy: RevisionStrategy
    why: str
    edits: Sequence[Edit] = ()
    spec: PlanSpec | None = None
    again: Sequence[str] = ()
    """Paths of failed steps that are to run again."""
    choices: Sequence[PlanningChoice] = field(default_factory=tuple)
    """What the planner decided on its way: recorded beside the plan."""


class Planner(Protocol):
    """Makes plans. It may take its time; a crash has it asked again."""

    @property
    def name(self) -> str:
        """What stands in the record as the author of its plans."""
        ...

    async def plan(self, request: ReplanRequest) -> Proposal:
        """Return what the plan should be now; raise `PlanningError` if there is nothing."""
        ...
