"""Errors on the terminal: one clear line each, `error: where: what; how to mend`."""

from __future__ import annotations

import os
import sys

from milepost.domain.errors import MilepostError

from .screen.terminal import clean

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
CLOSED_PIPE = 1
"""Exit code when the reader of a pipe is gone, as typer has it."""


def tell(message: str) -> None:
    """Print an error; each of its lines is a problem of its own."""
    for line in clean(message).splitlines() or [""]:
        print(f"error: {line}", file=sys.stderr)  # noqa: T201 - the purpose


def milepost_error(error: BaseException) -> MilepostError | None:
    """Return the error raised on purpose, also from inside of a group; None for other ones."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if isinstance(error, MilepostError) else None


def closed_pipe() -> int:
    """Leave quietly when nobody reads the output any more, as in `milepost history p | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return CLOSED_PIPE
