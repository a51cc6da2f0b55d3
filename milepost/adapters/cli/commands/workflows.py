"""Commands about workflows: `validate`, `graph`, `simulate`, `publish`, `workflows`, `schemas`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.opening import Equipment, run_async

PANEL = "Workflows"
WorkflowFile = Annotated[str, typer.Argument(metavar="FILE", help="A workflow file, YAML or JSON.")]
schemas = typer.Typer(no_args_is_help=True, help="The published JSON Schemas.")


class GraphFormat(StrEnum):
    """In which language a graph is written."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("validate", rich_help_panel=PANEL)(validate)
    app.command("graph", rich_help_panel=PANEL)(graph)
    app.command("simulate", rich_help_panel=PANEL)(simulate)
    app.command("publish", rich_help_panel=PANEL)(publish)
    app.command("workflows", rich_help_panel=PANEL)(workflows)
    schemas.command("export")(export_schemas)
    app.add_typer(schemas, name="schemas", rich_help_panel=PANEL)


def validate(
    *,
    file: WorkflowFile,
    remove_cycles: options.RemoveCycles = False,
    tools: options.Tools = None,
    as_json: options.AsJson = False,
) -> int:
    """Check a workflow without running it; each problem is told with its line.

    Checks keys, dependencies, tools and their arguments, expressions and their types.
    """
    from milepost.adapters.cli.defining import print_validated

    equipment = Equipment(tools=tuple(tools or ()))
    return print_validated(file, equipment, remove_cycles=remove_cycles, as_json=as_json)


def graph(
    what: Annotated[
        str,
        typer.Argument(metavar="FILE|PLAN", help="A workflow file, or a plan (id or `last`)."),
    ],
    *,
    written: Annotated[
        GraphFormat, typer.Option("--format", "-f", help="The language of the picture.")
    ] = GraphFormat.MERMAID,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there instead."),
    ] = None,
    tools: options.Tools = None,
    as_of: options.AsOf = None,
    db: options.Store = options.DEFAULT_STORE,
) -> int:
    """Draw the steps of a workflow or a plan with what they wait for.

    Of a plan it also shows how each step stands. Solid arrows are dependencies, dashed ones say
    that a step uses another's output. No other program is needed, not even for SVG.
    """
    from milepost.adapters.cli.defining import draw_file, draw_plan, names_file

    equipment = Equipment(tools=tuple(tools or ()))
    if names_file(what):
        return draw_file(what, equipment, written.value, output, store=db)
    return run_async(lambda: draw_plan(db, what, written.value, output, as_of=as_of))


def simulate(  # noqa: PLR0913 - each is an option
    file: WorkflowFile,
    *,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input. Repeatable."),
    ] = None,
    inputs: Annotated[
        str | None,
        typer.Option("--inputs", metavar="FILE", help="Inputs from a YAML or JSON file."),
    ] = None,
    durations: Annotated[
        str | None,
        typer.Option(
            metavar="JSON|FILE",
            help="How long attempts take, by step, tool or *: 5, '2m', or \\[low, high].",
        ),
    ] = None,
    failures: Annotated[
        str | None,
        typer.Option(
            metavar="JSON|FILE",
            help="How attempts fail: a rate, a code, {code, rate, retryable}, or a list with one "
            "of these or null per attempt.",
        ),
    ] = None,
    outputs: Annotated[
        str | None,
        typer.Option(
            metavar="JSON|FILE", help="What steps give, and what people answer; else null."
        ),
    ] = None,
    from_history: Annotated[
        bool,
        typer.Option(
            "--from-history",
            help="Draw what is not given from the newest runs of the workflow in the store.",
        ),
    ] = False,
    runs: Annotated[
        int, typer.Option(min=1, max=100_000, help="Simulate so often; tell the spread.")
    ] = 1,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same run, if it begins at the same time.")
    ] = 0,
    begin: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the plan begins; now if not given."),
    ] = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Carry a workflow out in virtual time, without calling or storing anything.

    Shows its timeline and result. Tools need not exist; attempts of which nothing is known take
    the step's estimated duration or one second. Ends like `run`.
    """
    from milepost.adapters.cli.simulating import Request, simulate_file

    request = Request(
        file=file,
        pairs=tuple(given or ()),
        inputs_file=inputs,
        durations=durations,
        failures=failures,
        outputs=outputs,
        store=db if from_history else None,
        runs=runs,
        seed=seed,
        begin=begin,
    )
    return simulate_file(request, as_json=as_json)


def publish(
    file: WorkflowFile,
    *,
    who: options.Who = None,
    tools: options.Tools = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """Register a workflow under its name and version, to be run as NAME@VERSION.

    A version never changes: the same version with other content is refused.
    """
    from milepost.adapters.cli.defining import publish_file

    equipment = Equipment(tools=tuple(tools or ()))
    return run_async(lambda: publish_file(file, db, equipment, who=who, as_json=as_json))


def workflows(
    *,
    limit: options.Limit = 100,
    cursor: Annotated[
        str | None, typer.Option("--cursor", help="Go on after this version, where a page ended.")
    ] = None,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> int:
    """List the published versions of workflows."""
    from milepost.adapters.cli.listing import Paging, list_workflows

    paging = Paging(limit=limit, cursor=cursor)
    return run_async(lambda: list_workflows(db, paging, as_json=as_json))


def export_schemas(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where the files go.")],
) -> int:
    """Write the JSON Schemas of workflows, plans and events into a folder."""
    from milepost.adapters.cli.defining import write_schemas

    return write_schemas(folder)
