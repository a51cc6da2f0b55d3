"""Milepost carries out plans and remembers everything, as events in one file.

`open` a store, `run` a workflow file, then ask `history`, `replay`, `plans` what happened.
Names are loaded when they are first used, so that importing costs next to nothing.
"""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from milepost.adapters.tools import tool
    from milepost.composition import keep, open, validate  # noqa: A004 - names that users read
    from milepost.domain.builder import PlanBuilder
    from milepost.domain.errors import (
        DependencyError,
        EquipmentError,
        ExecutionError,
        ExpressionError,
        FenceError,
        IllegalTransitionError,
        LimitError,
        MilepostError,
        OwnedElsewhereError,
        PlanningError,
        RefusedError,
        StepTimeoutError,
        StoreError,
        UnknownNameError,
        ValidationError,
    )
    from milepost.domain.plans import (
        Completion,
        OrchestrationType,
        Plan,
        PlanResult,
        PlanSettings,
        PlanSpec,
        PlanStatus,
    )
    from milepost.domain.policies import RetryPolicy, RetryStrategy
    from milepost.domain.replanning import RevisionStrategy
    from milepost.domain.steps import Dependency, StepKind, StepSpec, StepStatus
    from milepost.engine.planner import Planner, Proposal, ReplanRequest
    from milepost.engine.streaming import Chunk, ChunkKind
    from milepost.engine.tooling import ToolCall
    from milepost.facade import Milepost
    from milepost.projections.reader import PlanFilter

__version__ = "0.1.0"

_HOMES = {
    "milepost.adapters.tools": ("tool",),
    "milepost.composition": ("keep", "open", "validate"),
    "milepost.facade": ("Milepost",),
    "milepost.domain.builder": ("PlanBuilder",),
    "milepost.domain.errors": (
        "DependencyError",
        "EquipmentError",
        "ExecutionError",
        "ExpressionError",
        "FenceError",
        "IllegalTransitionError",
        "LimitError",
        "MilepostError",
        "OwnedElsewhereError",
        "PlanningError",
        "RefusedError",
        "StepTimeoutError",
        "StoreError",
        "UnknownNameError",
        "ValidationError",
    ),
    "milepost.domain.plans": (
        "Completion",
        "OrchestrationType",
        "Plan",
        "PlanResult",
        "PlanSettings",
        "PlanSpec",
        "PlanStatus",
    ),
    "milepost.domain.policies": ("RetryPolicy", "RetryStrategy"),
    "milepost.domain.replanning": ("RevisionStrategy",),
    "milepost.domain.steps": ("Dependency", "StepKind", "StepSpec", "StepStatus"),
    "milepost.engine.planner": ("Planner", "Proposal", "ReplanRequest"),
    "milepost.engine.streaming": ("Chunk", "ChunkKind"),
    "milepost.engine.tooling": ("ToolCall",),
    "milepost.projections.reader": ("PlanFilter",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Chunk",
    "ChunkKind",
    "Completion",
    "Dependency",
    "DependencyError",
    "EquipmentError",
    "ExecutionError",
    "ExpressionError",
    "FenceError",
    "IllegalTransitionError",
    "LimitError",
    "Milepost",
    "MilepostError",
    "OrchestrationType",
    "OwnedElsewhereError",
    "Plan",
    "PlanBuilder",
    "PlanFilter",
    "PlanResult",
    "PlanSettings",
    "PlanSpec",
    "PlanStatus",
    "Planner",
    "PlanningError",
    "Proposal",
    "RefusedError",
    "ReplanRequest",
    "RetryPolicy",
    "RetryStrategy",
    "RevisionStrategy",
    "StepKind",
    "StepSpec",
    "StepStatus",
    "StepTimeoutError",
    "StoreError",
    "ToolCall",
    "UnknownNameError",
    "ValidationError",
    "keep",
    "open",
    "tool",
    "validate",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name from its module on first use."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'milepost' has no attribute {name!r}")
    value = getattr(_loaded(home), name)
    globals()[name] = value
    return value


def _loaded(home: str) -> ModuleType:
    """Import a module; the garbage collector rests meanwhile, as imports make next to none.

    Its looks at all that there is by then are a sixth of the time that importing takes.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(home)
    finally:
        if collects:
            gc.enable()


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
