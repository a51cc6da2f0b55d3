"""A published version of a workflow, as read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from milepost.domain.values import ContentHash


@dataclass(frozen=True, slots=True)
class WorkflowView:
    """One version; retired ones are no longer offered, plans that run on them go on."""

    name: str
    version: str
    content: ContentHash
    description: str | None
    published_at: datetime
    retired_at: datetime | None
