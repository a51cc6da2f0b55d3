"""Errors on the terminal: one clear line each, `error: where: what; how to mend`."""

from __future__ import annotations

import sys

from milepost.domain.errors import MilepostError

from .screen.terminal import clean

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
UNTOLD = 1
"""Exit code of a command that is done but whose answer could not be written."""


def tell(message: str) -> None:
    """Print an error; each of its lines is a problem of its own."""
    for line in clean(message).splitlines() or [""]:
        print(f"error: {line}", file=sys.stderr)  # noqa: T201 - the purpose


def milepost_error(error: BaseException) -> MilepostError | None:
    """Return the error raised on purpose, also from inside of a group; None for other ones."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if isinstance(error, MilepostError) else None


def untold(code: int, problem: OSError) -> int:
    """Return the exit code of a command whose answer did not reach standard output.

    It stays quiet when nobody reads the output any more, as in `milepost history p | head`.
    """
    if not isinstance(problem, BrokenPipeError):
        tell(
            f"standard output: the answer cannot be written ({problem.strerror}); "
            "the command was carried out, have its answer written elsewhere"
        )
    return code or UNTOLD
