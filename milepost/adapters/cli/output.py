"""Where a command reads from, and how it tells what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .opening import Equipment


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a command reads from and how it tells; `lines` is one JSON text on each line.

    `equipment` is what the command carries plans on with, so that others can be told to.
    """

    store: str
    equipment: Equipment = field(default_factory=Equipment)
    as_json: bool = False
    lines: bool = False
