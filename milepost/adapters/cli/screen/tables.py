"""Tables of plain columns: no frames, so that they can be cut and searched in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Return a table; a column named `>x` is aligned right, one named `~x` may take many lines."""
    shown = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        right = name.startswith(">")
        shown.add_column(
            Text(name.lstrip(">~"), "bold"),
            justify="right" if right else "left",
            no_wrap=not name.startswith("~"),
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return shown


def pairs(rows: Iterable[tuple[str, str | Text]]) -> Table:
    """Return names and values below each other; rows without a value are left out."""
    shown = Table(
        box=None, pad_edge=False, show_edge=False, show_header=False, padding=(0, 2, 0, 0)
    )
    shown.add_column(style="dim", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in rows:
        if value:
            shown.add_row(Text(name), value if isinstance(value, Text) else Text(value))
    return shown
