"""Published workflows as a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from milepost.projections.workflow_views import WorkflowView

from .tables import table
from .terminal import one_line
from .times import moment


def workflow_table(versions: Iterable[WorkflowView]) -> Table:
    """Return published versions with when each was published, and whether it is retired."""
    rows = (
        (
            one_line(f"{one.name}@{one.version}"),
            moment(one.published_at),
            "retired" if one.retired_at else "",
            one_line(one.description or "", 80),
        )
        for one in versions
    )
    return table(("workflow", "published", "", "about"), rows)
