"""A plan's figures: times, waits, throughput and what was used."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from milepost.projections.report import PlanReport

from .plans import counted
from .steps import status_text, used
from .tables import pairs, table
from .terminal import one_line
from .times import duration


def report_parts(report: PlanReport, *, unicode: bool, most: int) -> Iterator[Table | Text]:
    """Yield the totals, then a table of the steps, of `most` of them."""
    usage = report.usage
    yield pairs(
        (
            ("plan", Text(report.plan, "bold")),
            ("total time", duration(report.total)),
            ("steps waited", duration(report.waited)),
            ("steps ran", duration(report.ran)),
            ("throughput", f"{report.throughput:.3g} steps/s"),
            ("retries", str(report.retries)),
            ("steps", counted(report.counts)),
            ("used", used(usage.calls, usage.input_tokens + usage.output_tokens)),
            ("processor", f"{usage.cpu:.3f}s" if usage.cpu else ""),
        )
    )
    yield Text()
    yield table(
        ("status", "step", ">tries", ">waited", ">ran", ">elapsed", ">calls", ">tokens"),
        (
            (
                status_text(step.shown_as, unicode=unicode),
                one_line(step.path, 44),
                str(step.attempts or ""),
                duration(step.waited),
                duration(step.ran),
                duration(step.elapsed),
                str(step.usage.calls or ""),
                str(step.usage.input_tokens + step.usage.output_tokens or ""),
            )
            for step in report.steps[:most]
        ),
    )
