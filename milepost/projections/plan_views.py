"""Plans: a line of a list, and one plan in full with its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from milepost.domain.aggregates import PlanStream
from milepost.domain.events import Usage
from milepost.domain.ids import PlanId, StepPath
from milepost.domain.plans import (
    Completion,
    OrchestrationType,
    PlanResult,
    PlanSettings,
    PlanSpec,
    PlanStatus,
)

from .critical import estimate
from .graph_view import GraphNode, execution_graph
from .revision_views import CheckpointView, checkpoint_views
from .story import PlanStory
from .timings import shown_until
from .totals import StepCounts, count_steps, total_usage


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan in a list, its steps counted by what became of them.

    In a plan that has ended the four ends add up to `steps`; before that `skipped` counts the
    steps that were skipped by an event.
    """

    id: PlanId
    name: str | None
    workflow: str | None
    status: PlanStatus
    completion: Completion | None
    reason: str | None
    """Why the plan ended, or why it is paused."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    session: str | None
    user: str | None
    tags: tuple[str, ...]
    steps: int
    active: int
    """Started and not ended."""
    completed: int
    failed: int
    skipped: int
    cancelled: int
    position: int
    """The plan's newest event."""
    revision: int = 1
    forked_from: str | None = None
    """Id of the event of another plan that this one began after."""
    error_message: str | None = None
    """The error that the plan failed by."""
    actual_duration: timedelta | None = None
    """From start to end, or to `position` while the plan runs; without the time between epochs."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan as it stands."""

    id: PlanId
    name: str | None
    description: str | None
    type: OrchestrationType
    version: str
    workflow: str | None
    status: PlanStatus
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    inputs: dict[str, JsonValue]
    context: dict[str, JsonValue]
    session: str | None
    user: str | None
    tags: tuple[str, ...]
    trace: str | None
    revision: int
    epoch: int
    """How often the plan was opened: from its start, or from a reopening, to an end."""
    content: str
    """Hash of the spec."""
    strategy: str | None
    """The scheduling that was chosen when the plan started."""
    owner: str | None
    """The last process that took the plan over."""
    steps: StepCounts
    completion: Completion | None
    reason: str | None
    """Why the plan ended, or why it is paused."""
    waiting_for: tuple[str, ...]
    """Steps that a person has to answer."""
    result: PlanResult
    estimated_duration: timedelta | None
    """As written, else the longest path over the steps' estimates."""
    actual_duration: timedelta | None
    """From start to end, or to the moment asked for; without the time between epochs."""
    usage: Usage
    position: int
    """The plan's newest event."""
    spec: PlanSpec
    forked_from: str | None = None
    """Id of the event of another plan that this one began after."""
    graph: tuple[GraphNode, ...] = ()
    """The steps with what each waits for."""
    checkpoints: tuple[CheckpointView, ...] = ()
    breakpoints: tuple[str, ...] = ()
    """Paths of the steps before which the plan pauses."""
    constraints: PlanSettings = field(default_factory=PlanSettings)
    """The limits that hold for the plan."""


def plan_view(
    story: PlanStory,
    outputs: Mapping[str, JsonValue] | None = None,
    *,
    now: datetime | None = None,
) -> PlanView:
    """Return one plan; what still goes on is counted up to `now`.

    `outputs` replace outputs that the story holds only a reference to.
    """
    plan, draft, spec = story.plan, story.draft, story.spec
    return PlanView(
        id=story.id,
        name=plan.name,
        description=spec.description,
        type=spec.type,
        version=spec.version,
        workflow=plan.workflow,
        status=plan.status,
        created_at=draft.timestamp,
        started_at=plan.started_at,
        ended_at=plan.ended_at,
        inputs=plan.inputs,
        context=plan.context,
        session=plan.session,
        user=plan.user,
        tags=draft.tags,
        trace=plan.trace,
        revision=plan.revision,
        epoch=plan.epoch,
        content=plan.content,
        forked_from=plan.forked_from,
        graph=execution_graph(story),
        checkpoints=_checkpoints(story),
        breakpoints=tuple(sorted(plan.breakpoints)),
        constraints=spec.settings,
        strategy=plan.strategy or None,
        owner=plan.owner or None,
        steps=count_steps(story),
        completion=plan.completion,
        reason=_reason(plan),
        waiting_for=plan.waiting,
        result=plan_result(story, outputs or {}, now),
        estimated_duration=estimate(spec),
        actual_duration=actual_duration(story, now),
        usage=total_usage(story),
        position=story.position,
        spec=spec,
    )


def _checkpoints(story: PlanStory) -> tuple[CheckpointView, ...]:
    if not story.plan.checkpoints:
        return ()
    positions = {recorded.event.id: recorded.position for recorded in story.events}
    return checkpoint_views((one.event for one in story.events), lambda at: positions.get(at, 0))


def plan_result(
    story: PlanStory, outputs: Mapping[str, JsonValue], now: datetime | None = None
) -> PlanResult:
    """Return what came of a plan; its four counts add up once the plan has ended."""
    plan, counts = story.plan, count_steps(story)
    return PlanResult(
        plan_id=plan.id,
        status=plan.status,
        completion=plan.completion,
        reason=_reason(plan),
        completed_steps=counts.completed,
        failed_steps=counts.failed,
        skipped_steps=counts.skipped,
        cancelled_steps=counts.cancelled,
        duration=actual_duration(story, now) or timedelta(),
        final_output=final_output(story, outputs),
        error_message=plan.error.message if plan.error else None,
        missing=plan.missing,
    )


def _reason(plan: PlanStream) -> str | None:
    """Return why a plan ended or is paused; the reason of a pause that is over tells nothing."""
    rests = plan.ended or plan.status is PlanStatus.PAUSED
    return plan.reason if rests else None


def final_output(story: PlanStory, outputs: Mapping[str, JsonValue]) -> JsonValue:
    """Return the output of the plan's last step, or the outputs of several by path."""
    found: dict[str, JsonValue] = {}
    for path in story.plan.output_of:
        step = story.step(StepPath(path))
        found[path] = outputs.get(path, step.output if step else None)
    if len(found) == 1:
        return next(iter(found.values()))
    return found or None


def actual_duration(story: PlanStory, now: datetime | None = None) -> timedelta | None:
    """Return how long the plan ran: up to its end, `now` or its newest event, in all epochs."""
    return story.plan.ran_until(shown_until(story, now))
