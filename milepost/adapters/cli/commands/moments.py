"""Options that name a moment of a plan, and how to go back."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import typer

from milepost.adapters.cli import options
from milepost.adapters.cli.given_numbers import number_of

Moment: TypeAlias = dict[str, Any]
"""Arguments that name a moment: `checkpoint` and `at`."""
GoingBack: TypeAlias = dict[str, Any]
"""Arguments that say how to go back: `effects`, `hold`, `why` and `who`."""


def moment(
    *,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="NAME", help="The moment of this name.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="POSITION", help="A position of the store, or the id of an event."
        ),
    ] = None,
) -> Moment:
    """Return a moment of a plan."""
    return {"checkpoint": checkpoint, "at": position(at)}


def going_back(
    *,
    effects: options.Effects = "refuse",
    hold: Annotated[
        bool, typer.Option("--hold", help="Pause the plan then, instead of carrying it on.")
    ] = False,
    who: options.Who = None,
    why: options.Why = "",
) -> GoingBack:
    """Return how to go back."""
    return {"effects": effects, "hold": hold, "who": who, "why": why}


def position(text: str | None) -> int | str | None:
    """Return a position as a number, an event's id as it is."""
    if text is None:
        return None
    number = number_of(text, where="--at")
    return text if number is None else number
