"""A command that runs beside the test, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .conftest import PATIENCE, Outcome, environment, program_words


class Background:
    """A running command, and what it has said so far on standard error."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []

    def wait_for(self, words: str) -> str:
        """Read standard error until a line has the words; return the line."""
        stream = self.process.stderr
        assert stream is not None
        for line in stream:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"it ended without {words!r}: {''.join(self.said)}")

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        os.kill(self.process.pid, number)

    def ended(self) -> Outcome:
        """Wait for the end; return the exit code and all that was printed."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return Outcome(self.process.returncode, out, "".join(self.said) + err)


@contextmanager
def background(folder: Path, repository: Path, *words: str | Path) -> Iterator[Background]:
    """Start a command in a folder; it is killed if it still runs at the end of the block."""
    process = subprocess.Popen(
        program_words(*words),
        cwd=folder,
        env=environment(repository, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Background(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            _close(stream)


def _close(stream: IO[str] | None) -> None:
    if stream is not None:
        stream.close()
