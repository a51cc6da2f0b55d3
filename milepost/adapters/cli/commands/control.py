"""Commands that steer plans: `pause`, `cancel`, `answer`."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import Equipment, run_async
from milepost.adapters.cli.output import Output
from milepost.domain.errors import ValidationError

from . import shared

PANEL = "Run"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("pause", rich_help_panel=PANEL)(pause)
    app.command("cancel", rich_help_panel=PANEL)(cancel)
    app.command("answer", rich_help_panel=PANEL)(answer)


@takes(equipment=shared.equipment, output=shared.output)
def pause(
    plan: options.PlanName,
    *,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Let no further step of a plan start; those under way go on to their end.

    `milepost resume PLAN` goes on. If attempts under way were cut off by a crash, their tools are
    needed: give the same as for `run`.
    """
    from milepost.adapters.cli.steering import Steering, steer

    steering = Steering(plan, "pause", who=who, why=why)
    return run_async(lambda: steer(steering, equipment, output))


@takes(equipment=shared.equipment, output=shared.output)
def cancel(
    plan: options.PlanName,
    *,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Stop a plan for good; results of finished steps stay in the record.

    Steps that say how they are undone are, the last one first. If no other process runs the plan,
    that happens here: give the same tools and folder as for `run`. Ends with 1 if one of them
    could not be undone.
    """
    from milepost.adapters.cli.steering import Steering, steer

    steering = Steering(plan, "cancel", who=who, why=why)
    return run_async(lambda: steer(steering, equipment, output))


@takes(equipment=shared.equipment, output=shared.output)
def answer(  # noqa: PLR0913 - each is an option
    plan: options.PlanName,
    step: options.StepName,
    *,
    value: Annotated[
        str | None,
        typer.Option("--value", metavar="JSON", help="The answer, as JSON."),
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="An unknown outcome: it took no effect, try it again.")
    ] = False,
    fail: Annotated[
        bool, typer.Option("--fail", help="An unknown outcome: count the step as failed.")
    ] = False,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Answer a step that waits for a person, and carry the plan on.

    The answer must fit the schema that the step asks for. A step whose outcome a crash left
    unknown takes its result as --value, or --retry, or --fail.
    If no other process runs the plan, it is carried on here: give the same tools, folder and
    models as for `run`.
    """
    from milepost.adapters.cli.given_inputs import json_value
    from milepost.adapters.cli.steering import Steering, steer

    ways = [name for name, given in (("retry", retry), ("fail", fail)) if given]
    if len(ways) + (value is not None) != 1:
        raise ValidationError(
            "give exactly one of --value, --retry and --fail", where=f"answer to {step}"
        )
    steering = Steering(
        plan,
        "answer",
        who=who,
        why=why,
        step=step,
        outcome=ways[0] if ways else "value",
        value=json_value(value, where="--value") if value is not None else None,
    )
    return run_async(lambda: steer(steering, equipment, output))
