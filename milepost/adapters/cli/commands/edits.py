"""The options that say how a plan's steps are to change."""

from __future__ import annotations

from typing import Annotated

import typer

from milepost.adapters.cli.given_edits import GivenEdits

PANEL = "Edits"


def edits(  # noqa: PLR0913 - each is an edit
    *,
    edits_file: Annotated[
        str | None,
        typer.Option(
            "--edits", metavar="FILE", help="Edits as a JSON or YAML list.", rich_help_panel=PANEL
        ),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add-step", metavar="JSON", help="A new step. Repeatable.", rich_help_panel=PANEL
        ),
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(
            "--into",
            metavar="STEP",
            help="The container that the new step goes into.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    case: Annotated[
        int | None,
        typer.Option(
            "--case", min=0, help="Which case of a branch, from 0.", rich_help_panel=PANEL
        ),
    ] = None,
    inject: Annotated[
        list[str] | None,
        typer.Option(
            "--inject",
            metavar="JSON",
            help="A new step on the edge that --between names.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    between: Annotated[
        str | None,
        typer.Option(
            "--between", metavar="A,B", help="B depends on A so far.", rich_help_panel=PANEL
        ),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--change",
            metavar="STEP=JSON",
            help="Other values for a step's fields; null restores a default. Repeatable.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    move: Annotated[
        list[str] | None,
        typer.Option(
            "--move",
            metavar="STEP",
            help="Put a step elsewhere among its siblings: to the front, or --after one.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            metavar="ID",
            help="The sibling that the added or moved step stands behind: its place only, no"
            " dependency; write that in the step's `depends_on`, or use --add-edge.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    add_edge: Annotated[
        list[str] | None,
        typer.Option(
            "--add-edge",
            metavar="FROM,TO",
            help="Let step TO depend on FROM. Repeatable.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    remove_edge: Annotated[
        list[str] | None,
        typer.Option(
            "--remove-edge",
            metavar="FROM,TO",
            help="Let step TO no longer depend on FROM. Repeatable.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="STEP",
            help="Take a step away with all in it. Repeatable.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    reconnect: Annotated[
        bool,
        typer.Option(
            "--reconnect",
            help="What depends on the removed step depends on what that one did.",
            rich_help_panel=PANEL,
        ),
    ] = False,
) -> GivenEdits:
    """Return the edits, carried out in this order."""
    return GivenEdits(
        file=edits_file,
        add=tuple(add or ()),
        into=into,
        case=case,
        inject=tuple(inject or ()),
        between=between,
        change=tuple(change or ()),
        move=tuple(move or ()),
        after=after,
        add_edge=tuple(add_edge or ()),
        remove_edge=tuple(remove_edge or ()),
        remove=tuple(remove or ()),
        reconnect=reconnect,
    )
