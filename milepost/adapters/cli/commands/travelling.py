"""Commands that go back and elsewhere: roll back, restore, recover, compensate, fork."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.filters import Filters
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import Equipment, run_async
from milepost.adapters.cli.output import Output
from milepost.domain.errors import ValidationError

from . import shared
from .moments import GoingBack, Moment, going_back, moment

PANEL = "Change course"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for name, command in (
        ("rollback", rollback),
        ("restore", restore),
        ("recover", recover),
        ("compensate", compensate),
        ("fork", fork),
    ):
        app.command(name, rich_help_panel=PANEL)(command)


@takes(how=going_back, equipment=shared.equipment, output=shared.watched)
def rollback(
    plan: options.PlanName,
    *,
    to_revision: Annotated[
        int, typer.Option("--to-revision", metavar="N", min=1, help="The revision to go back to.")
    ],
    how: GoingBack,
    equipment: Equipment,
    output: Output,
) -> int:
    """Go back to an earlier revision, as a new one equal to it, and carry the plan on.

    Finished steps that are written alike and have the same input keep their results. Nothing is
    deleted: the history marks the rollback. Ends like `resume`.
    """
    from milepost.adapters.cli.going_back import roll_back

    return run_async(lambda: roll_back(plan, to_revision, how, equipment, output))


@takes(where=moment, how=going_back, equipment=shared.equipment, output=shared.watched)
def restore(
    plan: options.PlanName, *, where: Moment, how: GoingBack, equipment: Equipment, output: Output
) -> int:
    """Put a plan back to a checkpoint or a position, and carry it on from there.

    What happened since stays in the history. Ends like `resume`.
    """
    from milepost.adapters.cli.going_back import restore as carry_out

    return run_async(lambda: carry_out(plan, where, how, equipment, output))


@takes(filters=shared.filters, equipment=shared.equipment, output=shared.watched)
def recover(  # noqa: PLR0913 - each is an option
    *,
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAN",
            help="A plan; without it all that the filters let pass, by default all failed ones.",
            show_default=False,
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            help="resume, restart, skip, replan or abort; if not given, what the plan's settings "
            "say, else resume.",
        ),
    ] = None,
    step: Annotated[
        list[str] | None,
        typer.Option(
            "--step", metavar="STEP", help="Only about this failed step, by its path. Repeatable."
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--plan", metavar="FILE", help="The corrected plan, a workflow file."),
    ] = None,
    effects: options.EffectsOfSettings = None,
    who: options.Who = None,
    why: options.Why = "",
    filters: Filters,
    equipment: Equipment,
    output: Output,
) -> int:
    """Let plans that failed go on.

    resume runs the failed steps again, skip goes on without them, restart runs the whole plan
    again, replan goes on by another plan, abort gives the plan up. Each plan goes on as its
    `recovery` setting says, unless --strategy says otherwise. Ends like `resume`.
    """
    from milepost.adapters.cli.going_back import Recovery, recover_all
    from milepost.adapters.cli.going_back import recover as carry_out

    recovery = Recovery(
        strategy=strategy, steps=tuple(step or ()), file=file, effects=effects, who=who, why=why
    )
    if plan is None:
        return run_async(lambda: recover_all(filters, recovery, equipment, output))
    if filters != Filters():
        raise ValidationError("give a plan or filters, not both", where=f"recover {plan}")
    return run_async(lambda: carry_out(plan, recovery, equipment, output))


@takes(equipment=shared.equipment, output=shared.watched)
def compensate(
    plan: options.PlanName,
    *,
    step: Annotated[
        list[str] | None,
        typer.Option("--step", metavar="STEP", help="Only this step, by its path. Repeatable."),
    ] = None,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Undo finished steps by their `compensate` calls, the last one first, and pause the plan.

    Ends with 3, as any plan that is paused.
    """
    from milepost.adapters.cli.going_back import compensate as carry_out

    how = {"who": who, "why": why}
    return run_async(lambda: carry_out(plan, tuple(step or ()), how, equipment, output))


@takes(where=moment, equipment=shared.equipment, output=shared.watched)
def fork(  # noqa: PLR0913 - each is an option
    plan: options.PlanName,
    *,
    where: Moment,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STEP=JSON", help="Another result for a step. Repeatable."),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--plan", metavar="FILE", help="Other content from there on."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be; run and store nothing.")
    ] = False,
    suppose: Annotated[
        list[str] | None,
        typer.Option(
            "--suppose",
            metavar="STEP=JSON",
            help="With --dry-run: what a step that would run gives. Repeatable.",
        ),
    ] = None,
    hold: Annotated[
        bool, typer.Option("--hold", help="Pause the fork before anything runs.")
    ] = False,
    equipment: Equipment,
    output: Output,
) -> int:
    """Begin a new plan where another one stands or stood, and compare what comes of the two.

    Finished steps are adopted, not run; after a step with another result those run whose input
    changes. Ends like `run`.
    """
    from milepost.adapters.cli.forking import ForkRequest, think_through
    from milepost.adapters.cli.forking import fork as carry_out

    request = ForkRequest(
        plan=plan,
        moment=where,
        replace=tuple(given or ()),
        file=file,
        dry_run=dry_run,
        suppose=tuple(suppose or ()),
        hold=hold,
    )
    if dry_run:
        return run_async(lambda: think_through(request, equipment, output))
    return run_async(lambda: carry_out(request, equipment, output))
