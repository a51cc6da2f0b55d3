"""A disk that fails at any one call: nothing lost that was acknowledged, nothing kept twice."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from .failing_disk import SAVES

pytestmark = [
    pytest.mark.strace,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]
CALLS = [("fdatasync", 10), ("fdatasync", 13), ("pwrite64", 120), ("pwrite64", 150)]
"""Calls of one thread that are some save's: the thread that opens the file makes fewer."""


@pytest.mark.parametrize("fault", ["EIO", "ENOSPC"])
@pytest.mark.parametrize(("call", "number"), CALLS)
def test_one_failing_call_fails_one_save_and_the_next_go_through(
    tmp_path: Path, repository: Path, call: str, number: int, fault: str
) -> None:
    path = tmp_path / "plans.db"
    answers = _run(path, repository, "-e", f"inject={call}:error={fault}:when={number}")
    failed = [line.split()[1:] for line in answers if line.startswith("failed")]
    kept = [line.split()[1] for line in answers if line.startswith("kept")]
    full = fault == "ENOSPC" and call == "pwrite64"
    assert [error for _name, error in failed] == ["StoreFullError" if full else "StoreError"]
    assert set(kept) | {name for name, _error in failed} == {f"s{each}" for each in range(SAVES)}
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    streams = "SELECT originator_id, count(*) FROM stored_events GROUP BY 1"
    stored = {stream.rpartition(".")[2]: count for stream, count in connection.execute(streams)}
    positions = [at for (at,) in connection.execute("SELECT rowid FROM stored_events ORDER BY 1")]
    connection.close()
    assert all(stored[name] == 2 for name in kept)
    assert positions == list(range(1, len(positions) + 1))


def test_every_save_waits_for_the_disk_once(tmp_path: Path, repository: Path) -> None:
    number = _count(tmp_path / "plans.db", repository, "fdatasync")
    assert SAVES < number < SAVES + 12


def _count(path: Path, repository: Path, call: str) -> int:
    """Return how often the process makes a call when nothing fails."""
    trace = path.with_suffix(".trace")
    assert len(_run(path, repository, "-e", f"trace={call}", "-o", str(trace))) == SAVES
    return sum(f"{call}(" in line for line in trace.read_text().splitlines())


def _run(path: Path, repository: Path, *options: str) -> list[str]:
    quiet = () if "-o" in options else ("-o", str(path.with_suffix(".trace")))
    command = ["strace", "-f", "-qq", *quiet, *options]
    command += [sys.executable, "-m", "tests.contract.store.failing_disk", str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=repository, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
