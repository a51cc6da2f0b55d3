"""How each state looks: a mark, its ASCII stand-in, and a style."""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """A sign for a state, what stands for it where only ASCII shows, and its colour."""

    sign: str
    ascii: str
    style: str


_MARKS = {
    "pending": Mark("·", ".", "dim"),
    "ready": Mark("·", ".", "dim"),
    "running": Mark("▶", ">", "bold blue"),
    "retrying": Mark("↻", "~", "yellow"),
    "suspended": Mark("‖", "=", "magenta"),
    "completed": Mark("✓", "+", "green"),
    "undone": Mark("↶", "<", "yellow"),
    "failed": Mark("✗", "x", "bold red"),
    "skipped": Mark("○", "-", "dim"),
    "cancelled": Mark("⊘", "/", "red"),
    "paused": Mark("‖", "=", "magenta"),
    "partial": Mark("◐", "%", "yellow"),
}
_UNKNOWN = Mark("?", "?", "")


def mark_of(state: str) -> Mark:
    """Return how a step's or plan's state looks."""
    return _MARKS.get(state, _UNKNOWN)


def sign_of(state: str, *, unicode: bool) -> str:
    """Return the mark of a state."""
    mark = mark_of(state)
    return mark.sign if unicode else mark.ascii
