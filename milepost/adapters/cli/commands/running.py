"""Commands that carry plans out: `run` and `resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.opening import Equipment, run_async

PANEL = "Run"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("run", rich_help_panel=PANEL)(run)
    app.command("resume", rich_help_panel=PANEL)(resume)


def run(  # noqa: PLR0913 - each is an option
    workflow: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME@VERSION", help="A workflow file (YAML or JSON), or a published one."
        ),
    ],
    *,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            "-i",
            metavar="NAME=VALUE",
            help="An input; read as its schema wants it, JSON where it is JSON. Repeatable.",
        ),
    ] = None,
    inputs: Annotated[
        str | None,
        typer.Option("--inputs", metavar="FILE", help="Inputs from a YAML or JSON file."),
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", help="The conversation that the plan belongs to.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="Whom the plan belongs to.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="A word to find the plan by. Repeatable.")
    ] = None,
    watch: options.Watch = False,
    tools: options.Tools = None,
    folder: options.Folder = ".",
    models: options.Models = None,
    allow_private_addresses: options.AllowPrivate = False,
    allow_sql_write: options.AllowSqlWrite = False,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Carry a workflow out as a new plan.

    Shows how far it is, then the answer, the files that it made, and what to try next.
    Ends with 0 when all was done, 1 when it failed, 2 when it was refused (nothing is stored),
    3 when it waits for a person, 130 after Ctrl-C.
    """
    from milepost.adapters.cli.carrying import Request, carry_out
    from milepost.adapters.cli.resting import Output

    request = Request(
        workflow=workflow,
        pairs=tuple(given or ()),
        inputs_file=inputs,
        session=session,
        user=user,
        tags=tuple(tag or ()),
    )
    equipment = Equipment(
        folder=folder,
        tools=tuple(tools or ()),
        models=models,
        allow_private_addresses=allow_private_addresses,
        allow_sql_write=allow_sql_write,
    )
    output = Output(store=db, folder=folder, as_json=as_json, lines=watch)
    return run_async(lambda: carry_out(request, equipment, output))


def resume(  # noqa: PLR0913 - each is an option
    *,
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="[PLAN]",
            help="A plan's id, a beginning of it, or `last`; all unfinished plans if not given.",
            show_default=False,
        ),
    ] = None,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="Take the plan from a process that hangs; that one can add nothing more to it.",
        ),
    ] = False,
    watch: options.Watch = False,
    tools: options.Tools = None,
    folder: options.Folder = ".",
    models: options.Models = None,
    allow_private_addresses: options.AllowPrivate = False,
    allow_sql_write: options.AllowSqlWrite = False,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Carry on a plan after a pause or a crash, or all that have not ended.

    Finished steps are not run again. Give the same tools, folder and models as for `run`.
    """
    from milepost.adapters.cli.carrying import carry_on
    from milepost.adapters.cli.resting import Output

    equipment = Equipment(
        folder=folder,
        tools=tuple(tools or ()),
        models=models,
        allow_private_addresses=allow_private_addresses,
        allow_sql_write=allow_sql_write,
    )
    output = Output(store=db, folder=folder, as_json=as_json, lines=watch)
    return run_async(lambda: carry_on(plan, equipment, output, take_over=take_over))
