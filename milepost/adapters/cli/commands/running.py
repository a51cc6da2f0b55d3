"""Commands that carry plans out: `run` and `resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import Equipment, run_async
from milepost.adapters.cli.output import Output

from . import shared

PANEL = "Run"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("run", rich_help_panel=PANEL)(run)
    app.command("resume", rich_help_panel=PANEL)(resume)


@takes(equipment=shared.equipment, output=shared.watched)
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
    stop: Annotated[
        list[str] | None,
        typer.Option(
            "--break", metavar="STEP", help="Pause before this step, by its path. Repeatable."
        ),
    ] = None,
    remove_cycles: options.RemoveCycles = False,
    equipment: Equipment,
    output: Output,
) -> int:
    """Carry a workflow out as a new plan.

    Shows how far it is, then the answer, the files that it made, and what to try next.
    Ends with 0 when all was done, 1 when it failed, 2 when it was refused (nothing is stored),
    3 when it waits for a person, 130 after Ctrl-C.
    """
    from milepost.adapters.cli.carrying import Request, carry_out

    request = Request(
        workflow=workflow,
        pairs=tuple(given or ()),
        inputs_file=inputs,
        session=session,
        user=user,
        tags=tuple(tag or ()),
        breakpoints=tuple(stop or ()),
        remove_cycles=remove_cycles,
    )
    return run_async(lambda: carry_out(request, equipment, output))


@takes(equipment=shared.equipment, output=shared.watched)
def resume(
    *,
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAN",
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
    equipment: Equipment,
    output: Output,
) -> int:
    """Carry on a plan after a pause or a crash, or all that have not ended.

    Finished steps are not run again. Give the same tools, folder and models as for `run`.
    """
    from milepost.adapters.cli.carrying import carry_on

    return run_async(lambda: carry_on(plan, equipment, output, take_over=take_over))
