"""Every event, by class and by kind."""

from .base import ENGINE, ENVELOPE, Event, Impact
from .other_events import OTHER_EVENTS, RequestMade, WorkflowPublished, WorkflowRetired
from .plan_events import (
    PLAN_EVENTS,
    ContextChanged,
    DecisionRecorded,
    LimitReached,
    OwnerChanged,
    PlanCancelled,
    PlanCompleted,
    PlanDrafted,
    PlanFailed,
    PlanPaused,
    PlanResumed,
    PlanStarted,
    RequestAnswered,
)
from .step_events import (
    STEP_EVENTS,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
)
from .values import ErrorRecord, Question, SkipReason, Usage, Waiting

EVENT_TYPES: dict[str, type[Event]] = {
    event_type.kind: event_type for event_type in PLAN_EVENTS + STEP_EVENTS + OTHER_EVENTS
}
"""Event class by kind, for example `step.completed.v1`; older versions are upcast on reading."""

__all__ = [
    "ENGINE",
    "ENVELOPE",
    "EVENT_TYPES",
    "ContextChanged",
    "DecisionRecorded",
    "ErrorRecord",
    "Event",
    "Impact",
    "LimitReached",
    "OwnerChanged",
    "PlanCancelled",
    "PlanCompleted",
    "PlanDrafted",
    "PlanFailed",
    "PlanPaused",
    "PlanResumed",
    "PlanStarted",
    "Question",
    "RequestAnswered",
    "RequestMade",
    "SkipReason",
    "StepCancelled",
    "StepCompleted",
    "StepFailed",
    "StepReset",
    "StepRetrying",
    "StepSkipped",
    "StepStarted",
    "StepSuspended",
    "Usage",
    "Waiting",
    "WorkflowPublished",
    "WorkflowRetired",
]
