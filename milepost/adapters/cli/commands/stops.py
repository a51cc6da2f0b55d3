"""Commands about moments and stops: `checkpoint`, `checkpoints`, `break`."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import Equipment, run_async
from milepost.adapters.cli.output import Output
from milepost.domain.errors import ValidationError

from . import shared
from .moments import position

PANEL = "Change course"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("checkpoint", rich_help_panel=PANEL)(checkpoint)
    app.command("checkpoints", rich_help_panel=PANEL)(checkpoints)
    app.command("break", rich_help_panel=PANEL)(break_)


@takes(equipment=shared.equipment, output=shared.output)
def checkpoint(
    plan: options.PlanName,
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="Its name; one is made up if not given.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="POSITION", help="A past position or event; now if not given."
        ),
    ] = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="Store the present state beside the name.")
    ] = False,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Name a moment of a plan, to restore, fork or look at it later."""
    from milepost.adapters.cli.checkpointing import take_checkpoint

    asked = {"name": name, "at": position(at), "snapshot": snapshot, "who": who, "why": why}
    return run_async(lambda: take_checkpoint(plan, asked, equipment, output))


@takes(equipment=shared.equipment, output=shared.output)
def checkpoints(
    plan: options.PlanName,
    *,
    delete: Annotated[
        str | None, typer.Option("--delete", metavar="NAME", help="Free this name instead.")
    ] = None,
    shown: Annotated[
        str | None, typer.Option("--show", metavar="NAME", help="Print the state there instead.")
    ] = None,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """List a plan's checkpoints, show the state at one, or delete one (its events stay).

    A snapshot is compared with the events; with --show the command ends with 1 if they differ.
    """
    from milepost.adapters.cli.checkpointing import (
        delete_checkpoint,
        list_checkpoints,
        show_checkpoint,
    )

    store, as_json = output.store, output.as_json
    if delete is not None and shown is not None:
        raise ValidationError("give --delete or --show, not both", where="checkpoints")
    if delete is not None:
        asked = {"who": who, "why": why}
        return run_async(lambda: delete_checkpoint(plan, delete, asked, equipment, output))
    if shown is not None:
        return run_async(lambda: show_checkpoint(store, plan, shown, as_json=as_json))
    return run_async(lambda: list_checkpoints(store, plan, as_json=as_json))


@takes(equipment=shared.equipment, output=shared.output)
def break_(
    plan: options.PlanName,
    step: options.StepName,
    *,
    off: Annotated[bool, typer.Option("--off", help="No longer pause there.")] = False,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Have a plan pause before a step; `resume` goes on.

    A path without the numbers of iterations means all of them. `run --break STEP` sets one from
    the beginning.
    """
    from milepost.adapters.cli.checkpointing import change_breakpoint

    asked = {"on": not off, "who": who, "why": why}
    return run_async(lambda: change_breakpoint(plan, step, asked, equipment, output))
