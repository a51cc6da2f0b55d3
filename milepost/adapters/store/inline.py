"""The rows that are written in the same transaction as the events."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Protocol

from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanStatus
from milepost.engine.journal import Stored
from milepost.projections.codes import PLAN_CODES
from milepost.projections.prior import KnownPlan

from .projection_rows import write_inline
from .projection_tables import NAMES, TABLES

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_OPEN = ", ".join(
    str(PLAN_CODES[status]) for status in (PlanStatus.READY, PlanStatus.RUNNING, PlanStatus.PAUSED)
)
_UNFINISHED = f"SELECT id FROM plans WHERE status IN ({_OPEN}) ORDER BY plan_no"  # noqa: S608 - numbers


class InlineRows(Protocol):
    """Rows that never lag behind the log."""

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Create the tables that are not there yet, inside the open transaction."""

    def write(
        self, connection: sqlite3.Connection, stored: Sequence[Stored], plans: dict[str, KnownPlan]
    ) -> None:
        """Write what the events change, inside the transaction that adds them.

        `plans` remembers what was found out about plans; it is emptied when that may be wrong.
        """

    def unfinished(self, connection: sqlite3.Connection) -> list[PlanId]:
        """Return the plans that have not ended, oldest first."""


class ProjectedRows:
    """The inline projections: history, steps, plans and what finds them."""

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Create the tables of a new file."""
        there = {name for (name,) in connection.execute(_TABLES)}
        if there.isdisjoint(NAMES):
            for statement in TABLES:
                connection.execute(statement)

    def write(
        self, connection: sqlite3.Connection, stored: Sequence[Stored], plans: dict[str, KnownPlan]
    ) -> None:
        """Write what the events change."""
        write_inline(connection, stored, plans)

    def unfinished(self, connection: sqlite3.Connection) -> list[PlanId]:
        """Return the plans that have not ended, oldest first."""
        return [PlanId(plan) for (plan,) in connection.execute(_UNFINISHED).fetchall()]
