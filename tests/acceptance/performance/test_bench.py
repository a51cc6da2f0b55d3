"""The bench runs and says what it is asked to: rows AE5, AG5, AG7, AG8, AH5.

No time is asserted here; `make bench` prints the figures beside what is to be reached.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAID = {
    "W1": ["ms per plan", "synchronous FULL", "bytes on disk divided by steps"],
    "W4": ["history p50 ms", "newest p99 ms"],
    "W5": ["finished steps run again 0"],
    "scaling": [
        "10-step task: all but the tools",
        "10-step task: peak memory",
        "one chain of 10 steps: per step",
        "one chain of 100 steps: per step",
        "one plan's history",
        "replay",
        "projections rebuilt",
    ],
}


@pytest.mark.parametrize("part", SAID)
def test_a_part_of_the_bench_says_what_it_measures(repository: Path, part: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "--quick", "--peers", "none"),
            *("--runs", "1", "--only", part),
        ],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for words in SAID[part]:
        assert words in done.stdout
