"""The colours of states in pictures."""

from __future__ import annotations

from milepost.domain.steps import StepStatus
from milepost.projections.step_views import UNDONE

FILLS: dict[str, tuple[str, str]] = {
    StepStatus.PENDING.value: ("#f4f4f5", "#a1a1aa"),
    StepStatus.RUNNING.value: ("#dbeafe", "#2563eb"),
    StepStatus.RETRYING.value: ("#fef3c7", "#d97706"),
    StepStatus.SUSPENDED.value: ("#ede9fe", "#7c3aed"),
    StepStatus.COMPLETED.value: ("#dcfce7", "#16a34a"),
    UNDONE: ("#fef9c3", "#a16207"),
    StepStatus.FAILED.value: ("#fee2e2", "#dc2626"),
    StepStatus.SKIPPED.value: ("#fafafa", "#d4d4d8"),
    StepStatus.CANCELLED.value: ("#ffedd5", "#c2410c"),
}
"""Fill and line of a shape by its state."""
