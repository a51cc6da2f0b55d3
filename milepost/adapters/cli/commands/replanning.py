"""The command that has a plan's planner asked for another content: `replan`."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import Equipment, run_async
from milepost.adapters.cli.output import Output

from . import shared

PANEL = "Change course"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("replan", rich_help_panel=PANEL)(replan)


@takes(equipment=shared.equipment, output=shared.watched)
def replan(  # noqa: PLR0913 - each is an option
    plan: options.PlanName,
    *,
    trigger: Annotated[
        str,
        typer.Option(
            "--trigger",
            help="Why: failure, timeout, unexpected, user or resources.",
        ),
    ] = "user",
    step: Annotated[
        str | None,
        typer.Option("--step", metavar="STEP", help="The step that it is about, by its path."),
    ] = None,
    feedback: Annotated[
        str | None,
        typer.Option("--feedback", metavar="JSON", help="What the planner is to know."),
    ] = None,
    resource: Annotated[
        list[str] | None,
        typer.Option(
            "--resource",
            metavar="NAME=AMOUNT",
            help="How much there is of a resource from now on. Repeatable.",
        ),
    ] = None,
    who: options.Who = None,
    why: Annotated[
        str,
        typer.Option("--why", "--reason", metavar="TEXT", help="Why; it is kept in the record."),
    ] = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Have a running or paused plan's planner asked for another content, and carry the plan on.

    Its settings must say that it is replanned for that trigger. Finished steps are kept. Ends
    like `resume`.
    """
    from milepost.adapters.cli.replanning import Replanning
    from milepost.adapters.cli.replanning import replan as carry_out

    replanning = Replanning(
        plan=plan,
        trigger=trigger,
        step=step,
        feedback=feedback,
        resources=tuple(resource or ()),
        who=who,
        why=why,
    )
    return run_async(lambda: carry_out(replanning, equipment, output))
