"""The command line: a program over the public face, like any user's."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry a command out and return its exit code; the arguments are those of the process."""
    from .program import run_program

    return run_program(arguments)
