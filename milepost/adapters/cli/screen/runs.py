"""Runs compared: with their plan, with each other, and as evidence for the best revision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from milepost.engine.what_if import StepDifference, WhatIf
from milepost.projections.against_plan import RunDiff, StepRun
from milepost.projections.best_revision import Ranking, Standing

from .tables import table
from .terminal import one_line
from .times import duration
from .values import brief, json_line

_LONGEST_PATH = 44


def run_diff_parts(found: RunDiff, *, most: int) -> Iterator[Table | Text]:
    """Yield how a run differs from its plan: in short, then step by step, for `most` of them."""
    estimated = f", estimated {duration(found.estimated)}" if found.estimated is not None else ""
    took = duration(found.took) if found.took is not None else "not ended"
    yield Text(f"revision {found.revision}, {found.status.value}, took {took}{estimated}")
    for word, paths in (
        ("planned, not run", found.not_run),
        ("run, removed from the plan", tuple(step.path for step in found.removed)),
    ):
        if paths:
            yield Text(f"{word}: {one_line(', '.join(paths))}", "yellow")
    columns = ("step", "came out", ">runs", ">retries", ">took", ">estimated", ">off by")
    yield table(columns, map(_step_row, (*found.steps, *found.removed)[:most]))


def difference_parts(differences: Sequence[StepDifference]) -> Iterator[Table | Text]:
    """Yield the steps that came out otherwise."""
    if not differences:
        yield Text("every step came out the same")
        return
    rows = (
        (
            one_line(one.path, _LONGEST_PATH),
            one.status_before or "",
            brief(one.output_before, 40),
            one.status_after or "",
            brief(one.output_after, 40),
        )
        for one in differences
    )
    yield table(("step", "before", "output", "after", "output"), rows)


def what_if_parts(found: WhatIf) -> Iterator[Table | Text]:
    """Yield what a fork would come to."""
    for word, paths in (
        ("given another result", found.replaced),
        ("taken from the record", found.taken),
        ("supposed", found.supposed),
    ):
        if paths:
            yield Text(f"{word}: {one_line(', '.join(paths))}")
    for step in found.to_run:
        yield Text(f"would run: {one_line(step.path)} with {one_line(json_line(step.input), 200)}")
    if found.unreached:
        yield Text(f"not reached: {one_line(', '.join(found.unreached))}")
    if found.to_plan is not None:
        yield Text(f"the planner would be asked for another plan: {one_line(found.to_plan, 200)}")
    elif not found.to_run:
        yield Text(f"the plan would be {found.result.status.value}")
    yield Text()
    yield from difference_parts(found.differences)


def ranking_table(ranking: Ranking) -> Table:
    """Return contents with how they did, the best first."""
    columns = (">rank", "content", "called", ">runs", ">success", ">tokens", ">calls", ">took")
    return table(columns, map(_standing_row, ranking.standings))


def _step_row(step: StepRun) -> tuple[str, ...]:
    return (
        one_line(step.path, _LONGEST_PATH),
        _came_out(step) or "never began",
        str(step.runs or ""),
        str(step.retries or ""),
        duration(step.took),
        duration(step.estimated),
        _off_by(step),
    )


def _came_out(step: StepRun) -> str:
    counts = {status.value: count for status, count in step.statuses.items()}
    if step.adopted:
        counts["adopted"] = step.adopted
        counts["completed"] -= step.adopted
    return ", ".join(
        word if count == 1 else f"{count} {word}" for word, count in counts.items() if count
    )


def _off_by(step: StepRun) -> str:
    if step.took is None or step.estimated is None:
        return ""
    return f"{(step.took - step.estimated).total_seconds():+.3g}s"


def _standing_row(standing: Standing) -> tuple[str, ...]:
    return (
        str(standing.rank or "too few"),
        standing.content.removeprefix("sha256:")[:10],
        one_line(", ".join(standing.names), 60),
        str(len(standing.runs)),
        f"{standing.success:.0%}" if standing.runs else "",
        f"{standing.tokens:g}" if standing.tokens is not None else "",
        f"{standing.calls:g}" if standing.calls is not None else "",
        duration(standing.took),
    )
