"""Groups of options that commands share: what tools may do, output, which plans.

Used with `takes`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.filters import Filters
from milepost.adapters.cli.opening import Equipment
from milepost.adapters.cli.output import Output


def equipment(
    *,
    tools: options.Tools = None,
    folder: options.Folder = ".",
    models: options.Models = None,
    allow_private_addresses: options.AllowPrivate = False,
    allow_sql_write: options.AllowSqlWrite = False,
) -> Equipment:
    """Return the tools and models of a command that may carry a plan on."""
    return Equipment(
        folder=folder,
        tools=tuple(tools or ()),
        models=models,
        allow_private_addresses=allow_private_addresses,
        allow_sql_write=allow_sql_write,
    )


def output(*, db: options.Store = options.DEFAULT_STORE, as_json: options.AsJson = False) -> Output:
    """Return where a command reads from and how it tells."""
    return Output(store=db, as_json=as_json)


def watched(
    *,
    watch: options.Watch = False,
    db: options.Store = options.DEFAULT_STORE,
    as_json: options.AsJson = False,
) -> Output:
    """Return where a command reads from and how it tells, for one that may carry plans on."""
    return Output(store=db, as_json=as_json, lines=watch)


def filters(  # noqa: PLR0913 - each is a filter
    *,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            help="ready, running, paused, completed, failed or cancelled. Repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Made at this time or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Made before this time.")
    ] = None,
    workflow: Annotated[
        str | None, typer.Option("--workflow", help="Of this published workflow.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="With this name.")] = None,
    tool: Annotated[
        str | None,
        typer.Option("--tool", help="Calling this tool, be it to undo a step or in its place."),
    ] = None,
    error: Annotated[
        str | None, typer.Option("--error", help="Having had an error of this code.")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="With this tag.")] = None,
    session: Annotated[str | None, typer.Option("--session", help="Of this session.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Of this user.")] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", help="With this in their id, name, workflow, user or tags."),
    ] = None,
) -> Filters:
    """Return which plans are wanted; all that is given must hold."""
    return Filters(
        status=tuple(status or ()),
        since=since,
        until=until,
        workflow=workflow,
        name=name,
        tool=tool,
        error=error,
        tag=tag,
        session=session,
        user=user,
        text=text,
    )
