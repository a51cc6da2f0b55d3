"""Every event, by class and by kind."""

from milepost.domain.recovery import RecoveryStrategy
from milepost.domain.replanning import RevisionStrategy, RevisionTrigger

from .base import ENGINE, ENVELOPE, Event, Impact
from .control_events import (
    CONTROL_EVENTS,
    BreakpointChanged,
    CheckpointForgotten,
    CheckpointTaken,
    CompensationBegun,
    CompensationEnded,
    LoopDetected,
)
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
from .revision_events import (
    REVISION_EVENTS,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    ReplanBegun,
    ReplanFailed,
)
from .step_events import (
    STEP_EVENTS,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
)
from .values import (
    ErrorRecord,
    Question,
    SkipReason,
    Usage,
    Waiting,
)

EVENT_TYPES: dict[str, type[Event]] = {
    event_type.kind: event_type
    for event_type in (
        *PLAN_EVENTS,
        *REVISION_EVENTS,
        *CONTROL_EVENTS,
        *STEP_EVENTS,
        *OTHER_EVENTS,
    )
}
"""Event class by kind, for example `step.completed.v1`; older versions are upcast on reading."""

__all__ = [
    "ENGINE",
    "ENVELOPE",
    "EVENT_TYPES",
    "BreakpointChanged",
    "CheckpointForgotten",
    "CheckpointTaken",
    "CompensationBegun",
    "CompensationEnded",
    "ContextChanged",
    "DecisionRecorded",
    "ErrorRecord",
    "Event",
    "Impact",
    "LimitReached",
    "LoopDetected",
    "OwnerChanged",
    "PlanCancelled",
    "PlanCompleted",
    "PlanDrafted",
    "PlanFailed",
    "PlanForked",
    "PlanPaused",
    "PlanRecovered",
    "PlanRestored",
    "PlanResumed",
    "PlanRevised",
    "PlanRolledBack",
    "PlanStarted",
    "Question",
    "RecoveryStrategy",
    "ReplanBegun",
    "ReplanFailed",
    "RequestAnswered",
    "RequestMade",
    "RevisionStrategy",
    "RevisionTrigger",
    "SkipReason",
    "StepAdopted",
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
