"""Commands that read: plans, steps, history, timeline, log, report."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.filters import Filters
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import run_async
from milepost.adapters.cli.output import Output
from milepost.domain.errors import ValidationError

from . import shared

PANEL = "Look"
StepFilter = Annotated[
    str | None, typer.Option("--step", metavar="STEP", help="Only of this step, by its path.")
]


class Level(StrEnum):
    """Levels of log lines, least important first."""

    TRACE = "trace"
    DEBUG = "debug"
    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for name, command in (
        ("plans", plans),
        ("show", show),
        ("steps", steps),
        ("history", history),
        ("timeline", timeline),
        ("log", log),
        ("report", report),
    ):
        app.command(name, rich_help_panel=PANEL)(command)


@takes(filters=shared.filters, output=shared.output)
def plans(
    *,
    step: Annotated[str | None, typer.Option("--step", help="With a step of this id.")] = None,
    limit: options.Limit = 50,
    cursor: Annotated[
        str | None, typer.Option("--cursor", help="Go on after this plan, where a page ended.")
    ] = None,
    as_of: options.AsOf = None,
    filters: Filters,
    output: Output,
) -> int:
    """List plans, the newest first; all filters given must hold."""
    from milepost.adapters.cli.listing import Paging, list_plans

    wanted = replace(filters, step=step)
    paging = Paging(limit=limit, cursor=cursor, as_of=as_of)
    return run_async(lambda: list_plans(output.store, wanted, paging, as_json=output.as_json))


def show(
    plan: options.PlanName,
    *,
    step: Annotated[
        str | None,
        typer.Argument(metavar="STEP", help="One step of it, by its path.", show_default=False),
    ] = None,
    state: Annotated[
        bool,
        typer.Option(
            "--state", help="Print the whole state instead: context, and each step with output."
        ),
    ] = False,
    revision: Annotated[
        int | None,
        typer.Option(
            "--revision", metavar="N", min=1, help="Print the plan as its revision N has it."
        ),
    ] = None,
    as_of: options.AsOf = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Show a plan with its steps and its answer; or one step with its input and output.

    Works while the plan runs, and with --as-of for any past moment. With --revision it is what the
    plan was to do by that revision, and what made it.
    """
    from milepost.adapters.cli.revising import show_revision
    from milepost.adapters.cli.showing import show_plan, show_state, show_step

    if revision is not None:
        if step is not None or state or as_of is not None:
            raise ValidationError("it goes without STEP, --state and --as-of", where="--revision")
        number = revision
        return run_async(lambda: show_revision(db, plan, number, as_json=as_json))
    if state:
        return run_async(lambda: show_state(db, plan, as_of=as_of))
    if step is None:
        return run_async(lambda: show_plan(db, plan, as_of=as_of, as_json=as_json))
    return run_async(lambda: show_step(db, plan, step, as_of=as_of, as_json=as_json))


def steps(
    plan: options.PlanName,
    *,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            help="pending, ready, running, retrying, suspended, completed, undone, failed, skipped "
            "or cancelled; or waiting, running, done, failed for all that wait, run, are over. "
            "Repeatable.",
        ),
    ] = None,
    limit: options.Limit = 200,
    cursor: Annotated[
        str | None, typer.Option("--cursor", help="Go on after this step, where a page ended.")
    ] = None,
    as_of: options.AsOf = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """List a plan's steps in file order."""
    from milepost.adapters.cli.listing import Paging, list_steps

    paging = Paging(limit=limit, cursor=cursor, as_of=as_of)
    return run_async(lambda: list_steps(db, plan, status or (), paging, as_json=as_json))


def history(
    plan: options.PlanName,
    step: StepFilter = None,
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only such events: step.failed, or plan for all. Repeatable."),
    ] = None,
    after: Annotated[
        int | None, typer.Option("--after", min=0, help="Only events after this position.")
    ] = None,
    limit: options.Limit = 200,
    as_of: options.AsOf = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """List a plan's events in the order in which they were stored."""
    from milepost.adapters.cli.listing import EventFilter, Paging, list_history

    wanted = EventFilter(step=step, kinds=tuple(kind or ()), after=after)
    paging = Paging(limit=limit, as_of=as_of)
    return run_async(lambda: list_history(db, plan, wanted, paging, as_json=as_json))


def timeline(
    plan: options.PlanName,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most lanes drawn.")] = 200,
    as_of: options.AsOf = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Draw when each step waited and ran, true to scale, with what ran side by side.

    Bars are attempts (crossed where they failed), light stretches are waits, dots are time in
    which a step could have run but had no slot. Colours go by level: a step waits only for steps
    of lower levels.
    """
    from milepost.adapters.cli.showing import show_timeline

    return run_async(lambda: show_timeline(db, plan, most=limit, as_of=as_of, as_json=as_json))


def log(
    plan: options.PlanName,
    step: StepFilter = None,
    *,
    level: Annotated[
        Level | None,
        typer.Option(
            "--level", help="Least level of the lines; the plan's own `log_level` if not given."
        ),
    ] = None,
    after: Annotated[
        int | None, typer.Option("--after", min=0, help="Only what came after this position.")
    ] = None,
    limit: options.Limit = 1000,
    as_of: options.AsOf = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Print what happened in a plan as lines of a log, filtered by step and level."""
    from milepost.adapters.cli.listing import EventFilter, Paging, print_log

    wanted = EventFilter(step=step, after=after, level=level.value if level else None)
    paging = Paging(limit=limit, as_of=as_of)
    return run_async(lambda: print_log(db, plan, wanted, paging, as_json=as_json))


def report(
    plan: options.PlanName,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most steps listed.")] = 200,
    as_of: options.AsOf = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Report a plan's figures: total time, time and wait of each step, throughput, resources."""
    from milepost.adapters.cli.showing import show_report

    return run_async(lambda: show_report(db, plan, most=limit, as_of=as_of, as_json=as_json))
