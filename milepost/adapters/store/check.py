"""The check of a whole store: every projection against its events, and the log's own rules.

The check sees one moment of the file; others may write meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from milepost.projections.checks import CheckReport, Finding

from .check_log import check_bodies, check_file, check_numbers
from .check_plans import PlanChecks
from .check_shared import check_contents, check_owners, check_strays, check_workflows
from .kinds import Kinds
from .open_reads import connect_to_existing
from .translation import translated

MOST_FINDINGS = 1_000
"""More than these are not listed."""


def check_store(path: Path, *, kinds: Kinds | None = None) -> CheckReport:
    """Check a store file; it blocks, so call it in a thread.

    Raises `UnknownNameError` for a file that is not there, `StoreError` for one that cannot be
    read at all.
    """
    with closing(connect_to_existing(path)) as connection, translated(path):
        connection.execute("BEGIN")
        plans = PlanChecks(connection, kinds or Kinds())
        findings = tuple(islice(_findings(connection, plans), MOST_FINDINGS + 1))
    return CheckReport(
        events=plans.events,
        plans=len(plans.numbers),
        findings=findings[:MOST_FINDINGS],
        is_cut=len(findings) > MOST_FINDINGS,
    )


def _findings(connection: sqlite3.Connection, plans: PlanChecks) -> Iterator[Finding]:
    yield from check_file(connection)
    yield from check_numbers(connection)
    yield from plans.findings()
    yield from check_contents(connection, plans)
    yield from check_workflows(connection, plans)
    yield from check_owners(connection, plans)
    yield from check_strays(connection, plans)
    yield from check_bodies(connection, plans.references)
