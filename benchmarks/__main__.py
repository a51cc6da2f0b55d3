"""`python -m benchmarks`: Milepost and its peers over W1 to W5, in turns, as one table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from . import environment, scaling, syncs
from .campaign import Campaign, Results
from .measure import sync_milliseconds
from .programs import PEERS, Program, RunnerFailedError, programs
from .scratch import scratch_folder
from .table import lay_out, result_table
from .workloads import FULL, QUICK, WORKLOADS

EXTRAS: Final = ("syncs", "scaling")


def main() -> int:
    """Measure what the command line names; return 1 when something could not be measured."""
    options = _parser().parse_args()
    peers = {"all": PEERS, "none": ()}.get(options.peers, tuple(options.peers.split(",")))
    only = options.only.split(",") if options.only else [each.name for each in WORKLOADS]
    if peers:
        environment.prepare()
    systems = programs(peers)
    _say(_machine())
    chosen = [each for each in WORKLOADS if each.name in only]
    results = Campaign(systems, chosen, times=options.runs, quick=options.quick).run()
    if results.documents:
        _say(result_table(results.documents, chosen, QUICK if options.quick else FULL))
    if not options.only or "syncs" in only:
        _say(_sync_table(systems, results))
    if not options.only or "scaling" in only:
        _say(scaling.report(results.failures, quick=options.quick))
    if options.json:
        options.json.write_text(json.dumps(results.documents, indent=1) + "\n")
    for failure in results.failures:
        _say(f"FAILED {failure}")
    return 1 if results.failures else 0


def _sync_table(systems: Sequence[Program], results: Results) -> str:
    if not syncs.is_possible():
        return "fsyncs per step: not counted, strace is not installed"
    rows = []
    for system in systems:
        try:
            rows.append(["W1", system.name, f"{syncs.syncs_per_step(system):.2f}"])
        except RunnerFailedError as error:
            results.failures.append(f"fsyncs: {error}")
    return lay_out(("workload", "system", "fsyncs per step, counted by strace"), rows)


def _machine() -> str:
    with scratch_folder() as folder:
        syncs_taken = sync_milliseconds(folder)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{os.cpu_count()} cores, load {load}; fdatasync of 4 KiB: "
        f"p50 {syncs_taken.milliseconds(0.5):.3f} ms, p99 {syncs_taken.milliseconds(0.99):.3f} ms"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = ",".join([*(each.name for each in WORKLOADS), *EXTRAS])
    parser.add_argument("--quick", action="store_true", help="small sizes, for a smoke test")
    parser.add_argument("--only", help=f"some of {names}, separated by commas")
    parser.add_argument("--peers", default="all", help=f"all, none, or some of {','.join(PEERS)}")
    parser.add_argument("--runs", type=int, default=3, help="runs that medians are made of")
    parser.add_argument("--json", type=Path, help="write every figure to this file as well")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(text + "\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
