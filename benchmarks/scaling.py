"""Milepost alone: how cost grows with size, and the figures of its own promises.

Each measure runs in a fresh process (`benchmarks.scaling_measures`), so that memory and imports
are its own; `report` puts all of them into one table.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Final

from .environment import ROOT
from .rows import Goal, Row
from .table import lay_out

MEASURES: Final = (
    "simple",
    "ten_steps",
    "many_runs",
    "chains",
    "fan_out_text",
    "simulation",
    "replan",
    "restore",
    "diff",
    "revisions",
    "store_100_000",
    "store_1_000_000",
)
IMPORTS: Final = 7
TIMEOUT_SECONDS: Final = 1_800


def report(failures: list[str], *, quick: bool) -> str:
    """Take every measure and return the table; add what failed to `failures`."""
    rows: list[Row] = []
    for name in ("imports", *MEASURES):
        try:
            rows += import_seconds() if name == "imports" else _in_fresh_process(name, quick=quick)
        except subprocess.CalledProcessError as error:
            words = (error.stderr.strip().splitlines() or ["nothing on stderr"])[-1]
            failures.append(f"scaling {name}: {words}")
        except subprocess.TimeoutExpired:
            failures.append(f"scaling {name}: no end after {TIMEOUT_SECONDS} s")
    cells = [(row.measure, row.figure, row.goal, row.met) for row in rows]
    return lay_out(("measure", "figure", "goal", "met"), cells, grouped=False)


def import_seconds() -> list[Row]:
    """Time `import milepost` in fresh processes, the interpreter's own start taken off."""
    bare = statistics.median(_start_seconds("pass") for _ in range(IMPORTS))
    whole = statistics.median(_start_seconds("import milepost") for _ in range(IMPORTS))
    text = f"{whole - bare:.3f} s (process {whole:.3f} s, bare {bare:.3f} s, medians of {IMPORTS})"
    return [Goal("≤", 0.3, "s").row("import milepost", whole - bare, text)]


def _start_seconds(code: str) -> float:
    start = time.perf_counter()
    _run_python("-c", code)
    return time.perf_counter() - start


def _in_fresh_process(name: str, *, quick: bool) -> list[Row]:
    sys.stderr.write(f"scaling {name} …\n")
    flags = ["--quick"] if quick else []
    printed = _run_python("-m", "benchmarks.scaling_measures", name, *flags)
    return [Row(**each) for each in json.loads(printed.splitlines()[-1])]


def _run_python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    ended = subprocess.run(
        command, check=True, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
    return ended.stdout
