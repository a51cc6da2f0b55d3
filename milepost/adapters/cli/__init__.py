"""The command line: a program over the public face, like any user's."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry a command out and return its exit code.

    Without arguments it is the program: it takes those of the process, and leaves without waiting
    for calls that nothing can stop.
    """
    from .program import leave, run_program

    code = run_program(arguments)
    if arguments is None:
        leave(code)
    return code
