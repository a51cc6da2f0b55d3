"""The bench's own environment: the peers, installed apart from Milepost.

`python -m benchmarks.environment` makes or refreshes `.venv-bench` and prints its Python.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDER = ROOT / ".venv-bench"
CONSTRAINTS = HERE / "constraints.txt"
PEERS = ("dbos", "langgraph", "langgraph-checkpoint-sqlite", "aiosqlite", "eventsourcing")


def peer_python() -> Path:
    """Return the interpreter of the bench environment, whether it exists or not."""
    return FOLDER / "bin" / "python"


def is_ready() -> bool:
    """Tell whether the environment was completed for the pins as they are now."""
    stamp = _stamp()
    return stamp.exists() and stamp.read_text() == _fingerprint()


def prepare() -> Path:
    """Create the environment, or do nothing when it fits the pins; return its Python.

    Raises `subprocess.CalledProcessError` when a peer cannot be installed.
    """
    if is_ready():
        return peer_python()
    venv.create(FOLDER, with_pip=True, clear=True)
    (FOLDER / ".gitignore").write_text("*\n")
    command = [str(peer_python()), "-m", "pip", "install", "--quiet", "-c", str(CONSTRAINTS)]
    subprocess.run([*command, *PEERS], check=True, stdout=sys.stderr)
    _stamp().write_text(_fingerprint())
    return peer_python()


def _stamp() -> Path:
    return FOLDER / "constraints.sha256"


def _fingerprint() -> str:
    return hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(f"{prepare()}\n")
