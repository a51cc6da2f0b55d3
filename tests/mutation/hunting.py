"""`python -m tests.mutation.hunting`: plant each bug in a copy and see whether simulation finds it.

The simulation is the random plans, commands, crashes and replays of `tests/unit/engine`. It is
run in a process of its own on a copy of the package that has the bug. Prints a table.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .planted import BUGS, CORE, Bug

REPOSITORY = Path(__file__).resolve().parents[2]
SIMULATION = "tests/unit/engine"
ENOUGH = 0.9
PATIENCE = 900.0
"""Seconds for one simulation; one that does not end has found something."""


class Hunt(NamedTuple):
    """A bug, whether the simulation found it, and in how many seconds."""

    bug: Bug
    found: bool
    seconds: float


def plant(bug: Bug, repository: Path, folder: Path) -> None:
    """Copy the package and the tests into a folder, with the bug in them."""
    for name in ("milepost", "tests", "pyproject.toml"):
        source = repository / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "golden", "*.db")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    (folder / "tests" / "golden").mkdir(exist_ok=True)
    place = folder / CORE / bug.file
    place.write_text(place.read_text("utf-8").replace(bug.text, bug.instead), "utf-8")


def is_found(bug: Bug | None, *, seed: int, repository: Path = REPOSITORY) -> bool:
    """Tell whether the simulation fails with a bug in the core; None plants none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plant(bug or Bug("decide.py", "", "", "none"), repository, folder)
        command = (
            *(sys.executable, "-m", "pytest", "-q", "-x", "-m", "hypothesis", SIMULATION),
            *("-p", "no:cacheprovider", "-p", "no:xdist", f"--hypothesis-seed={seed}"),
            "--hypothesis-profile=hunt",
        )
        environment = os.environ | {"PYTHONPATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stdout.decode()[-2000:] + done.stderr.decode()[-2000:])
        return done.returncode == 1


def hunt(bug: Bug, *, seed: int) -> Hunt:
    """Plant a bug and hunt it."""
    begun = time.monotonic()
    return Hunt(bug, is_found(bug, seed=seed), time.monotonic() - begun)


def main(seed: int = 20261121, at_once: int = 1) -> int:
    """Hunt all bugs; return 1 if fewer than nine in ten are found."""
    found = 0
    sys.stdout.write("| bug | file | found | seconds |\n|---|---|---|---|\n")
    with ThreadPoolExecutor(max(at_once, 1)) as pool:
        for bug, seen, seconds in pool.map(partial(hunt, seed=seed), BUGS):
            found += seen
            word = "yes" if seen else "**no**"
            sys.stdout.write(f"| {bug.what} | {bug.file} | {word} | {seconds:.0f} |\n")
            sys.stdout.flush()
    share = found / len(BUGS)
    sys.stdout.write(f"\n{found} of {len(BUGS)} planted bugs found ({share:.0%})\n")
    return 0 if share >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
