"""Checkpoints of a plan as a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from milepost.domain.checkpoints import CheckpointRecord

from .tables import table
from .terminal import one_line
from .times import moment


def checkpoint_table(records: Iterable[CheckpointRecord]) -> Table:
    """Return checkpoints, the first taken first."""
    rows = (
        (
            one_line(record.name, 44),
            one_line(record.at),
            "snapshot" if record.snapshot else "",
            one_line(record.author, 24),
            moment(record.taken),
            one_line(record.why, 60),
        )
        for record in records
    )
    return table(("checkpoint", "after event", "", "by", "taken", "why"), rows)
