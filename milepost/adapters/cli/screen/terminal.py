"""The terminal: what it can show, and text that cannot steer it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, RenderableType

_STEERING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters except the line feed, what turns the direction of text, half characters."""
PLAIN_WIDTH = 80
_UNBOUNDED = 100_000
_LAST_BYTE = 0xFF


def clean(text: str) -> str:
    """Return text that a terminal can only show: what could steer it is written as an escape."""
    return _STEERING.sub(_escape, text)


def one_line(text: str, most: int | None = None) -> str:
    """Return clean text on one line, cut to `most` characters with an ellipsis."""
    flat = clean(" ".join(text.split("\n")))
    return flat if most is None or len(flat) <= most else f"{flat[: most - 1]}…"


def is_interactive(stream: TextIO) -> bool:
    """Tell whether a person sees the stream as it is written."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def shows_unicode(stream: TextIO) -> bool:
    """Tell whether bars and frames may be drawn with characters beyond ASCII."""
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    return encoding == "utf8" and is_interactive(stream)


def width_of(stream: TextIO) -> int:
    """Return how many columns drawings may take: the terminal's, `COLUMNS`, or 80."""
    if is_interactive(stream) or os.environ.get("COLUMNS", "").isdigit():
        return max(shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns, 20)
    return PLAIN_WIDTH


def console(stream: TextIO | None = None) -> Console:
    """Return a console on a stream (standard output): in a pipe it never cuts or wraps lines."""
    from rich.console import Console

    stream = stream or sys.stdout
    width = width_of(stream) if is_interactive(stream) else _UNBOUNDED
    return Console(
        file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False
    )


def show(parts: Iterable[RenderableType]) -> None:
    """Print tables and texts on standard output; in a pipe without blanks at the ends of lines."""
    screen = console()
    if is_interactive(sys.stdout):
        for part in parts:
            screen.print(part)
        return
    with screen.capture() as captured:
        for part in parts:
            screen.print(part)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def prepare_streams() -> None:
    """Let output never fail on a character that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == ord("\t"):
        return "    "
    return f"\\x{code:02x}" if code <= _LAST_BYTE else f"\\u{code:04x}"
