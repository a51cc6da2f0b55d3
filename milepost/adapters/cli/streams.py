"""Standard output and standard error while a command is carried out.

A command does what it was asked for, whether or not anybody can read what it tells.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO, cast


class Unfailing:
    """A stream that falls silent for good when it cannot be written; `problem` keeps why."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.problem: OSError | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the stream's own
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, if that is still possible."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write lines, if that is still possible."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand over what was written, if that is still possible."""
        self._try(self._stream.flush)

    def _try(self, act: Callable[[], object]) -> None:
        if self.problem is not None:
            return
        try:
            act()
        except OSError as error:
            self._fall_silent(error)
        except ValueError as error:
            if not self._stream.closed:
                raise
            self._fall_silent(OSError(0, str(error)))

    def _fall_silent(self, problem: OSError) -> None:
        """Have the descriptor lead nowhere: what is buffered still would fail at the exit."""
        self.problem = problem
        with suppress(OSError, ValueError):
            number = self._stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


@contextmanager
def unfailing() -> Iterator[Unfailing]:
    """Have both streams fall silent where they would fail, for a block; yield standard output."""
    _open_closed_ones()
    out, err = Unfailing(sys.stdout), Unfailing(sys.stderr)
    with redirect_stdout(cast("TextIO", out)), redirect_stderr(cast("TextIO", err)):
        yield out


def _open_closed_ones() -> None:
    """Have streams that were closed from the start lead nowhere; a store would get their number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))
