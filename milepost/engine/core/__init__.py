"""The functional core: from a plan's state and an outcome to events, without touching the world."""

from .compiled import CompiledPlan, Node
from .compiling import compile_plan
from .decide import decide
from .intake import DECIDER
from .outcomes import (
    AttemptFailed,
    AttemptSucceeded,
    Began,
    Forked,
    Inherited,
    Outcome,
    Planned,
    PlanningChoice,
    PlanningFailed,
    PlanTimedOut,
    Recovered,
    Requested,
    TimerFired,
)
from .state import Instance, PlanState

__all__ = [
    "DECIDER",
    "AttemptFailed",
    "AttemptSucceeded",
    "Began",
    "CompiledPlan",
    "Forked",
    "Inherited",
    "Instance",
    "Node",
    "Outcome",
    "PlanState",
    "PlanTimedOut",
    "Planned",
    "PlanningChoice",
    "PlanningFailed",
    "Recovered",
    "Requested",
    "TimerFired",
    "compile_plan",
    "decide",
]
