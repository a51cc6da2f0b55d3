"""The lifecycles as the design tells them: state by state, apart from the tables under test.

Also one real event for each move, so that a test can ask an aggregate for it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from milepost.domain.events import (
    ErrorRecord,
    Event,
    PlanCancelled,
    PlanCompleted,
    PlanFailed,
    PlanPaused,
    PlanResumed,
    PlanStarted,
    SkipReason,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
    Waiting,
)
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus

TIME = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
ERROR = ErrorRecord(message="it broke")
_TO = {
    "start": "running",
    "complete": "completed",
    "fail": "failed",
    "retry": "retrying",
    "suspend": "suspended",
    "skip": "skipped",
    "cancel": "cancelled",
    "adopt": "completed",
    "reset": "pending",
}


def _moves(words: str) -> dict[str, str]:
    return {word: _TO[word] for word in words.split()}


STEP_MOVES: dict[str, dict[str, str]] = {
    "pending": _moves("start skip cancel fail adopt reset"),
    "running": _moves("complete fail retry suspend cancel reset"),
    "retrying": _moves("start skip fail cancel reset"),
    "suspended": _moves("start complete retry skip fail cancel reset"),
    "completed": _moves("reset"),
    "failed": _moves("reset"),
    "skipped": _moves("reset"),
    "cancelled": _moves("reset"),
}
_REOPENED = {"reopen": "running"}
PLAN_MOVES: dict[str, dict[str, str]] = {
    "ready": {"start": "running", "cancel": "cancelled", "fail": "failed"},
    "running": {
        "pause": "paused",
        "complete": "completed",
        "fail": "failed",
        "cancel": "cancelled",
    },
    "paused": {
        "resume": "running",
        "complete": "completed",
        "fail": "failed",
        "cancel": "cancelled",
    },
    "completed": _REOPENED,
    "failed": _REOPENED,
    "cancelled": _REOPENED,
}
STEP_TRIGGERS = sorted({trigger for moves in STEP_MOVES.values() for trigger in moves})
PLAN_TRIGGERS = sorted({trigger for moves in PLAN_MOVES.values() for trigger in moves})

STEP_EVENTS: dict[str, tuple[type[Event], dict[str, Any]]] = {
    "start": (StepStarted, {}),
    "complete": (StepCompleted, {"output": 1}),
    "fail": (StepFailed, {"error": ERROR}),
    "retry": (StepRetrying, {"error": ERROR, "delay": timedelta(seconds=1), "due": TIME}),
    "suspend": (StepSuspended, {"waiting": Waiting.TIME, "due": TIME}),
    "skip": (StepSkipped, {"reason": SkipReason.CONDITION}),
    "cancel": (StepCancelled, {"reason": "asked"}),
    "adopt": (StepAdopted, {"output": 2, "source": "p1.load#2"}),
    "reset": (StepReset, {"reason": "again"}),
}
PLAN_EVENTS: dict[str, tuple[type[Event], dict[str, Any]]] = {
    "start": (PlanStarted, {"decider": 1, "strategy": "dag"}),
    "pause": (PlanPaused, {"reason": "asked"}),
    "resume": (PlanResumed, {}),
    "complete": (PlanCompleted, {"reason": "all_done"}),
    "fail": (PlanFailed, {"reason": "step_failed", "error": ERROR}),
    "cancel": (PlanCancelled, {"reason": "asked"}),
}
"""Reopening is not among them: the events that do it are asked of a plan in any state."""

STEP_WAYS: dict[StepStatus, str] = {
    StepStatus.PENDING: "",
    StepStatus.RUNNING: "start",
    StepStatus.RETRYING: "start retry",
    StepStatus.SUSPENDED: "start suspend",
    StepStatus.COMPLETED: "start complete",
    StepStatus.FAILED: "start fail",
    StepStatus.SKIPPED: "skip",
    StepStatus.CANCELLED: "cancel",
}
PLAN_WAYS: dict[PlanStatus, str] = {
    PlanStatus.READY: "",
    PlanStatus.RUNNING: "start",
    PlanStatus.PAUSED: "start pause",
    PlanStatus.COMPLETED: "start complete",
    PlanStatus.FAILED: "start fail",
    PlanStatus.CANCELLED: "start cancel",
}
"""The moves that lead a new aggregate into each state."""
