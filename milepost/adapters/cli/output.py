"""Where a command reads from, and how it tells what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a command reads from and how it tells; `lines` is one JSON text on each line."""

    store: str
    folder: str = "."
    as_json: bool = False
    lines: bool = False
