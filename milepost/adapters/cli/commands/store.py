"""Commands about the store: replay, check, projections, export and import, version."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.opening import run_async

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


def replay(
    plan: options.PlanName,
    *,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Decide a plan's record again from its first event and compare, event by event.

    Calls no tool, no model and no network. Ends with 0 when all is equal, else with 1 and the
    first difference.
    """
    from milepost.adapters.cli.proving import replay_plan

    return run_async(lambda: replay_plan(db, plan, as_json=as_json))


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
