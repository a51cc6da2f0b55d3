"""Revisions of a plan as values: compared, changed, patched and told in words."""

from .apply import apply
from .changes import AddedStep, Change, ChangedEdge, Edge, MovedStep, PlanDiff, RemovedStep
from .cycles import remove_cycles
from .diff import diff
from .editing import apply_edits
from .edits import (
    AddEdge,
    AddStep,
    ChangeSettings,
    ChangeStep,
    Edit,
    InjectStep,
    MoveStep,
    RemoveEdge,
    RemoveStep,
    read_edits,
)
from .patch import apply_patch, patch_of
from .text import Line, lines

__all__ = [
    "AddEdge",
    "AddStep",
    "AddedStep",
    "Change",
    "ChangeSettings",
    "ChangeStep",
    "ChangedEdge",
    "Edge",
    "Edit",
    "InjectStep",
    "Line",
    "MoveStep",
    "MovedStep",
    "PlanDiff",
    "RemoveEdge",
    "RemoveStep",
    "RemovedStep",
    "apply",
    "apply_edits",
    "apply_patch",
    "diff",
    "lines",
    "patch_of",
    "read_edits",
    "remove_cycles",
]
