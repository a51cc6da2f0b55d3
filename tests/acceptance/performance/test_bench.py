"""The bench runs and says what it is asked to: rows AE5, AG5 to AG8, AH5.

No time is asserted here; `make bench` prints the figures beside what is to be reached.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure import Latencies
from benchmarks.rows import Goal

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
JUDGED = {
    "scaling": {
        "simulation of 100 steps": "≥ 1,000 times real time",
        "replan of 10 steps": "< 2 s",
        "restore of 100 steps to the middle, store just opened": "≤ 1 s",
        "diff of two revisions of 10 steps, store just opened": "≤ 10 ms",
        "diff of two revisions of 10 steps, again": "p99 ≤ 10 ms",
        "any of 2 revisions of 100 steps: read whole": "p99 ≤ 1 ms",
        "events: a plan shown as of any position": "p99 ≤ 50 ms",
        "events: a plan's state at any position": "p99 ≤ 50 ms",
        "events: replay": "≥ 100,000 events/s",
    }
}
"""Lines of a part's table, each with the goal that it is judged by."""


def said_by(part: str, repository: Path) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "--quick", "--peers", "none"),
            *("--runs", "1", "--only", part),
        ],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=870,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", SAID)
def test_a_part_of_the_bench_says_what_it_measures(repository: Path, part: str) -> None:
    said = said_by(part, repository)

    for words in SAID[part]:
        assert words in said
    for words, goal in JUDGED.get(part, {}).items():
        lines = [line for line in said.splitlines() if words in line]
        assert lines, words
        assert all(f"  {goal}  " in line and line.endswith(("yes", "no")) for line in lines)


@pytest.mark.parametrize(
    ("sign", "value", "met"),
    [
        ("<", 1.9, "yes"),
        ("<", 2.0, "no"),
        ("≤", 2.0, "yes"),
        ("≤", 2.1, "no"),
        ("≥", 2.0, "yes"),
        ("≥", 1.9, "no"),
    ],
)
def test_a_goal_is_judged_by_its_sign(sign: str, value: float, met: str) -> None:
    row = Goal(sign, 2, "ms").row("measure", value, "figure")

    assert (row.goal, row.met) == (f"{sign} 2 ms", met)


def test_several_runs_are_judged_by_their_median() -> None:
    row = Goal("≤", 2, "ms").median_row("measure", [1.5, 90, 1])

    assert (row.figure, row.met) == ("1.5 ms, median of 3, 1 .. 90", "yes")


def test_reads_are_judged_by_the_median_of_the_slow_ones() -> None:
    quick = [0.001] * 90
    runs = [Latencies([*quick, *[slow] * 10]) for slow in (0.004, 0.9, 0.003)]

    row = Goal("≤", 3, "ms").reads_row("measure", runs)

    assert row.figure == "p50 1.000 ms, p99 4.000 ms, medians of 3"
    assert (row.goal, row.met) == ("p99 ≤ 3 ms", "no")
