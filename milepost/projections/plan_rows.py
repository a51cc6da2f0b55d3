"""Row functions of plan events: what each changes in the row of its plan."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.domain.events import (
    CompensationBegun,
    PlanCancelled,
    PlanCompleted,
    PlanDrafted,
    PlanFailed,
    PlanForked,
    PlanPaused,
    PlanRecovered,
    PlanRestored,
    PlanResumed,
    PlanRolledBack,
    PlanStarted,
    WorkflowPublished,
    WorkflowRetired,
)
from milepost.domain.lifecycles import PLAN_ENDED
from milepost.domain.plans import PlanStatus

from .rows import Label, PlanChange, WorkflowRow

STATUS_AFTER: dict[str, PlanStatus] = {
    PlanStarted.kind: PlanStatus.RUNNING,
    PlanPaused.kind: PlanStatus.PAUSED,
    PlanResumed.kind: PlanStatus.RUNNING,
    PlanCompleted.kind: PlanStatus.COMPLETED,
    PlanFailed.kind: PlanStatus.FAILED,
    PlanCancelled.kind: PlanStatus.CANCELLED,
    PlanForked.kind: PlanStatus.RUNNING,
    PlanRolledBack.kind: PlanStatus.RUNNING,
    PlanRestored.kind: PlanStatus.RUNNING,
    PlanRecovered.kind: PlanStatus.RUNNING,
    CompensationBegun.kind: PlanStatus.RUNNING,
}
"""Kinds that change a plan's status; all others move only its last position."""


def move(plan: PlanChange, position: int, kind: str) -> PlanStatus:
    """Note the status that a kind of event leads to, and where the plan started or ended.

    A plan that is open again has no end until it comes to the next one.
    """
    plan.status = status = STATUS_AFTER[kind]
    if kind in (PlanStarted.kind, PlanForked.kind):
        plan.started = position
    plan.ended = position if status in PLAN_ENDED else None
    return status


def labels_of(draft: PlanDrafted) -> Iterator[tuple[Label, str]]:
    """Yield the words that a plan is found by; a workflow also without its version."""
    if draft.name is not None:
        yield Label.NAME, draft.name
    if draft.workflow is not None:
        yield from workflow_labels(draft.workflow)
    if draft.session is not None:
        yield Label.SESSION, draft.session
    if draft.user is not None:
        yield Label.USER, draft.user
    for tag in draft.tags:
        yield Label.TAG, tag


def workflow_labels(workflow: str) -> Iterator[tuple[Label, str]]:
    """Yield the words that plans of a published workflow are found by."""
    yield Label.WORKFLOW, workflow
    yield Label.WORKFLOW, workflow.rpartition("@")[0] or workflow


def workflow_row(position: int, event: WorkflowPublished | WorkflowRetired) -> WorkflowRow:
    """Return what became of a version of a workflow; `retired` has no content."""
    content = event.content if isinstance(event, WorkflowPublished) else None
    return WorkflowRow(event.originator_id, event.version, content, position)
