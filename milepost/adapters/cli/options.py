"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

DEFAULT_STORE = "milepost.db"

Store = Annotated[
    str,
    typer.Option(
        "--db",
        envvar="MILEPOST_DB",
        metavar="FILE",
        help="The store: a SQLite file.",
        rich_help_panel="Store and output",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print JSON instead of text.", rich_help_panel="Store and output"),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="MOMENT",
        help="Answer as of a past moment: an event's position, or a time such as "
        "2026-01-31T09:00:00Z.",
        rich_help_panel="Store and output",
    ),
]
PlanName = Annotated[
    str,
    typer.Argument(
        metavar="PLAN",
        help="A plan's id, a beginning of it that no other plan has, or `last`.",
        show_default=False,
    ),
]
StepName = Annotated[
    str, typer.Argument(metavar="STEP", help="A step's path, such as visualize.chart.")
]
Tools = Annotated[
    list[str] | None,
    typer.Option(
        "--tools",
        metavar="MODULE",
        help="A Python module with tools of your own, by dotted name or as a .py file; repeatable.",
        rich_help_panel="Tools and models",
    ),
]
Folder = Annotated[
    str,
    typer.Option(
        "--folder",
        envvar="MILEPOST_FOLDER",
        metavar="DIR",
        help="All of the disk that built-in tools see; paths in a workflow start here.",
        rich_help_panel="Tools and models",
    ),
]
Models = Annotated[
    str | None,
    typer.Option(
        "--models",
        metavar="FILE",
        help="A script of model answers (JSON), for runs without a network.",
        rich_help_panel="Tools and models",
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private-addresses",
        help="Let http tools call this machine and the private network.",
        rich_help_panel="Tools and models",
    ),
]
AllowSqlWrite = Annotated[
    bool,
    typer.Option(
        "--allow-sql-write",
        help="Let sql.query change data.",
        rich_help_panel="Tools and models",
    ),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Show every event as it happens; with --json one JSON line for each."
    ),
]
Who = Annotated[
    str | None, typer.Option("--who", metavar="NAME", help="Who asks; your user name if not given.")
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; it is kept in the record.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most rows of one page.")]
_EFFECTS = (
    "Finished steps that may have changed the world and would be taken back: refuse to, "
    "accept that they may be done again, or compensate them first"
)
Effects = Annotated[str, typer.Option("--effects", metavar="WAY", help=f"{_EFFECTS}.")]
EffectsOfSettings = Annotated[
    str | None,
    typer.Option(
        "--effects",
        metavar="WAY",
        help=f"{_EFFECTS}; if not given, what the plan's settings say, else refuse.",
    ),
]
RemoveCycles = Annotated[
    bool,
    typer.Option(
        "--remove-cycles", help="Leave out dependencies that close a cycle, and name each."
    ),
]
