"""Commands about the store: replay, check, projections, export and import, version."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.filters import Filters
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import run_async
from milepost.adapters.cli.output import Output
from milepost.domain.errors import ValidationError

from . import shared

PANEL = "Prove and keep"
projections = typer.Typer(no_args_is_help=True, help="The tables that reads are made from.")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("replay", rich_help_panel=PANEL)(replay)
    app.command("check", rich_help_panel=PANEL)(check)
    projections.command("rebuild")(rebuild)
    app.add_typer(projections, name="projections", rich_help_panel=PANEL)
    app.command("export", rich_help_panel=PANEL)(export)
    app.command("import", rich_help_panel=PANEL)(import_)
    app.command("version", rich_help_panel=PANEL)(version)


@takes(filters=shared.filters, output=shared.output)
def replay(
    *,
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAN", help="A plan's id, a beginning of it, or `last`.", show_default=False
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All plans that the filters let pass instead of one.")
    ] = False,
    filters: Filters,
    output: Output,
) -> int:
    """Decide a plan's record again from its first event and compare, event by event.

    Calls no tool, no model and no network. Ends with 0 when all is equal, else with 1 and the
    first difference.
    """
    from milepost.adapters.cli.proving import replay_all, replay_plan

    if every is (plan is not None):
        raise ValidationError("give a plan or --all, one of them", where="replay")
    if plan is None:
        return run_async(lambda: replay_all(filters, output))
    if filters != Filters():
        raise ValidationError("filters belong to --all", where="replay")
    return run_async(lambda: replay_plan(output.store, plan, as_json=output.as_json))


def check(*, db: options.Store = options.DEFAULT_STORE, as_json: options.AsJson = False) -> int:
    """Compare all that is read quickly with what the events themselves say.

    Ends with 0 when there is no difference, else with 1 and a line for each.
    """
    from milepost.adapters.cli.proving import check_store

    return run_async(lambda: check_store(db, as_json=as_json))


def rebuild(db: options.Store = options.DEFAULT_STORE) -> int:
    """Make the tables that reads are made from anew, from the events."""
    from milepost.adapters.cli.proving import rebuild_projections

    return run_async(lambda: rebuild_projections(db))


def export(
    plan: options.PlanName,
    *,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there instead.")
    ] = None,
    db: options.Store = options.DEFAULT_STORE,
) -> int:
    """Write one plan's whole log as JSON Lines, to be kept or imported elsewhere."""
    from milepost.adapters.cli.proving import export_plan

    return run_async(lambda: export_plan(db, plan, output))


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A log that `export` wrote.")],
    *,
    db: options.Store = options.DEFAULT_STORE,
) -> int:
    """Add a plan from an exported log, with its ids as they were."""
    from milepost.adapters.cli.proving import import_plan, log_lines

    lines = log_lines(file)
    return run_async(lambda: import_plan(db, lines, file))


def version() -> int:
    """Print the version of Milepost."""
    from milepost import __version__

    typer.echo(f"milepost {__version__}")
    return 0
