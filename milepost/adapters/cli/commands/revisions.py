"""Commands about revisions: `revisions`, `revision`, `revise`, `move`, `diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.given_edits import GivenEdits
from milepost.adapters.cli.groups import takes
from milepost.adapters.cli.opening import Equipment, run_async
from milepost.adapters.cli.output import Output
from milepost.domain.errors import ValidationError

from . import shared
from .edits import edits

PANEL = "Change course"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for name, command in (
        ("revisions", revisions),
        ("revision", revision),
        ("revise", revise),
        ("move", move),
        ("diff", diff),
    ):
        app.command(name, rich_help_panel=PANEL)(command)


def revisions(
    plan: Annotated[
        str,
        typer.Argument(metavar="PLAN", help="A plan (id or `last`); with --best also a workflow."),
    ],
    *,
    best: Annotated[
        bool, typer.Option("--best", help="Rank them by what came of their runs, best first.")
    ] = False,
    runs: Annotated[
        int | None, typer.Option("--runs", min=1, help="With --best: runs that it takes; 3.")
    ] = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """List a plan's revisions: what made each, from which one, who, when and why.

    With --best all runs of the same content in the store count as evidence, whatever plan they
    were of. The rank goes by success, then tokens, calls and time.
    """
    from milepost.adapters.cli.comparing import print_ranking
    from milepost.adapters.cli.revising import list_revisions

    if not best:
        if runs is not None:
            raise ValidationError("it belongs to --best", where="--runs")
        return run_async(lambda: list_revisions(db, plan, as_json=as_json))
    return run_async(lambda: print_ranking(db, plan, runs or 3, as_json=as_json))


def revision(
    plan: options.PlanName,
    *,
    number: Annotated[
        int | None,
        typer.Argument(metavar="N", min=1, help="Its number; the one that holds if not given."),
    ] = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Print a revision's content as a workflow file, which `revise` and `run` take again."""
    from milepost.adapters.cli.revising import show_content

    return run_async(lambda: show_content(db, plan, number, as_json=as_json))


@takes(edits=edits, equipment=shared.equipment, output=shared.watched)
def revise(  # noqa: PLR0913 - each is an option
    plan: options.PlanName,
    *,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE", help="The whole new content, a workflow file.", show_default=False
        ),
    ] = None,
    edits: GivenEdits,
    patch: Annotated[
        str | None,
        typer.Option("--patch", metavar="FILE", help="A patch of RFC 6902 on the plan's JSON."),
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option("--again", metavar="STEP", help="A failed step to run again. Repeatable."),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            help="What is recorded of it: retry, alternative, partial or complete; what the change "
            "shows if not given.",
        ),
    ] = None,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Give a running or paused plan another content, print what that changed, and carry it on.

    Finished steps and those under way cannot be changed. A failed step that is written anew, or
    named by --again, runs. Steps are given in JSON as a workflow writes them.
    """
    from milepost.adapters.cli.revising import Revising
    from milepost.adapters.cli.revising import revise as carry_out

    revising = Revising(
        plan=plan,
        file=file,
        patch=patch,
        edits=edits,
        again=tuple(again or ()),
        strategy=strategy,
        who=who,
        why=why,
    )
    return run_async(lambda: carry_out(revising, equipment, output))


@takes(equipment=shared.equipment, output=shared.watched)
def move(
    plan: options.PlanName,
    version: Annotated[
        str, typer.Argument(metavar="NAME@VERSION", help="Another version of its workflow.")
    ],
    *,
    who: options.Who = None,
    why: options.Why = "",
    equipment: Equipment,
    output: Output,
) -> int:
    """Have a running or paused plan go on by another published version of its workflow.

    It is refused if finished steps would change. Plans that are not moved stay on their version.
    """
    from milepost.adapters.cli.revising import move as carry_out

    return run_async(lambda: carry_out(plan, version, who, why, equipment, output))


def diff(
    first: Annotated[
        str, typer.Argument(metavar="PLAN|NAME@VERSION", help="A plan, or a published workflow.")
    ],
    *,
    second: Annotated[
        str | None,
        typer.Argument(metavar="A|NAME@VERSION", help="A revision, or another workflow."),
    ] = None,
    third: Annotated[
        str | None,
        typer.Argument(metavar="B", help="Another revision; the present one if not given."),
    ] = None,
    other: Annotated[
        str | None,
        typer.Option("--with", metavar="PLAN|NAME@VERSION", help="Compare with this one instead."),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Compare the plan's run with the plan instead.")
    ] = False,
    written: Annotated[
        str | None,
        typer.Option("--format", "-f", help="text, json, or patch: one of RFC 6902."),
    ] = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Tell what differs: steps, edges, settings of two revisions, plans or workflows.

    With only PLAN it is the newest revision and the one that it was made from. With --run: what
    was planned and not run, run and removed, retries, and durations beside estimates.
    """
    from milepost.adapters.cli.comparing import DiffFormat, print_comparison, print_run_diff
    from milepost.domain.choices import choice

    how = choice(written or "text", DiffFormat, where="--format", kind="formats")
    how = DiffFormat.JSON if as_json and written is None else how
    if not run:
        words = (first, second, third)
        return run_async(lambda: print_comparison(db, words, other, how))
    if second is not None or other is not None or how is DiffFormat.PATCH:
        raise ValidationError("a run is compared with its own plan, as text or JSON", where="--run")
    return run_async(lambda: print_run_diff(db, first, as_json=how is DiffFormat.JSON))
