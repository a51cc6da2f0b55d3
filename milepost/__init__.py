"""Milepost carries out plans and remembers everything, as events in one file.

Names are loaded when they are first used, so that importing costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from milepost.domain.errors import (
        DependencyError,
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

__version__ = "0.1.0"

_HOMES = {
    "milepost.domain.errors": (
        "DependencyError",
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
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "DependencyError",
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
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name from its module on first use."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'milepost' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
