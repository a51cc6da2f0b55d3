"""Parts of a workload that need a process of their own: the victim, its successor, the filler."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

from .system import System
from .workloads import Sizes

TIMEOUT_SECONDS: Final = 1_500
Role: TypeAlias = Literal["victim", "recover", "fill"]


def play(
    system: System, role: Role, store: Path, sizes: Sizes, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Start the system's runner again in `role`, and wait for its end, however it comes.

    Raises `subprocess.TimeoutExpired` when it does not come.
    """
    amounts = ["--steps", str(sizes.crash_steps), "--events", str(sizes.stored_events)]
    arguments = ["W5" if role != "fill" else "W4", *amounts, "--role", role, "--store", str(store)]
    return subprocess.run(
        [sys.executable, "-m", system.module, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )


def play_out(
    system: System, role: Role, store: Path, sizes: Sizes, variables: Mapping[str, str]
) -> str:
    """Return what the role printed; raise `RuntimeError` when it failed."""
    ended = play(system, role, store, sizes, variables)
    if ended.returncode != 0:
        message = f"{role} ended with {ended.returncode}: {ended.stderr}"
        raise RuntimeError(message)
    return ended.stdout
