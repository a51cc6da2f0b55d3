"""The command line, called in this process or as a program of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from milepost.adapters.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command ended with and printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, read as one JSON document."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Lines of standard output without blanks around them."""
        return [line.strip() for line in self.out.splitlines()]


Command = Callable[..., Outcome]
PATIENCE = 200.0
"""Seconds after which a program that should have ended counts as hung."""


@pytest.fixture
def examples(repository: Path) -> Path:
    """Return the folder of example workflows."""
    return repository / "examples"


@pytest.fixture
def milepost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return the command line, called in this process from an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("MILEPOST_DB", "MILEPOST_FOLDER", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str | Path) -> Outcome:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def program(tmp_path: Path, repository: Path) -> Command:
    """Return the command line as a program of its own, run from an empty folder."""

    def call(*words: str | Path, env: dict[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            program_words(*words),
            cwd=tmp_path,
            env=environment(repository, **(env or {})),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


def program_words(*words: str | Path) -> list[str]:
    """Return the words that start the command line as a program."""
    return [sys.executable, "-m", "milepost.adapters.cli", *map(str, words)]


def environment(repository: Path, **more: str) -> dict[str, str]:
    """Return the environment of a program that finds this package and nothing of the user's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(repository), "PYTHONIOENCODING": "utf-8", **more}


@pytest.fixture
def workflow(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a workflow file and returns its path."""

    def write(text: str, name: str = "flow.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
