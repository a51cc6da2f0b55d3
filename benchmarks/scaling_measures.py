"""One measure of Milepost per process: `python -m benchmarks.scaling_measures chains`.

Everything goes through the public face, or through the command line where there is no other door.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import anyio

from . import course_measures, store_measures
from . import plans as workflows
from .measure import disk_bytes, peak_memory_mb, stopwatch
from .opening import TOOL_SECONDS, opened, size
from .rows import RUNS, Goal, Row
from .scaling import MEASURES
from .scratch import scratch_folder
from .workloads import FULL, STEPS_PER_PLAN

LENGTHS: Final = (10, 100, 1_000, 10_000)
SIMPLE_RUNS: Final = 1_000
SIMULATED_STEPS: Final = 100
SIMULATED_RUNS: Final = 50


async def simple(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - small anyway
    """Run one plan of one step: the simple request, with opening and closing the store."""
    with stopwatch() as watch:
        async with opened(folder) as instance:
            await instance.run(workflows.chain(1, tool="bench.no_op"))
    cores = os.cpu_count() or 1
    share = 100 * watch.cpu_seconds / watch.seconds / cores
    used = f"{1000 * watch.cpu_seconds:.0f} ms: {share:.0f} % of {cores} cores while it ran"
    return [
        Goal("<", 3, "s").row(
            "simple run: open, one step, close", watch.seconds, f"{watch.seconds:.3f} s"
        ),
        _memory("simple run: peak memory", Goal("≤", 50, "MB")),
        Goal("<", 30, "%").row("simple run: processor", share, used),
    ]


async def ten_steps(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - small anyway
    """Run ten steps whose tool takes 50 ms each; tell the engine's share."""
    async with opened(folder) as instance:
        with stopwatch() as watch:
            await instance.run(workflows.chain(STEPS_PER_PLAN, tool="bench.slow"))
    rest = 1000 * (watch.seconds - STEPS_PER_PLAN * TOOL_SECONDS)
    return [
        Goal("<", 30, "s").row(
            "10-step task, 50 ms per tool", watch.seconds, f"{watch.seconds:.3f} s"
        ),
        Row("10-step task: all but the tools", f"{rest:.1f} ms"),
        _memory("10-step task: peak memory", Goal("<", 200, "MB")),
    ]


async def many_runs(folder: Path, *, quick: bool) -> list[Row]:
    """Run a simple plan many times: the share that did not complete, and memory."""
    runs = size(SIMPLE_RUNS, quick=quick)
    plan = workflows.chain(1, tool="bench.no_op")
    async with opened(folder) as instance:
        await instance.run(plan)
        before = peak_memory_mb()
        results = [await instance.run(plan) for _ in range(runs)]
    failed = 100 * sum(not each.success for each in results) / runs
    return [
        Goal("<", 5, "%").row(f"error rate over {runs:,} simple runs", failed, f"{failed:.2f} %"),
        Row(f"memory grown over {runs:,} simple runs", f"{peak_memory_mb() - before:.1f} MB"),
    ]


async def chains(folder: Path, *, quick: bool) -> list[Row]:
    """Run single chains of growing length: cost and bytes per step should stay flat."""
    rows = []
    for length in LENGTHS[:2] if quick else LENGTHS:
        store = folder / str(length)
        store.mkdir()
        plan = workflows.chain(length, tool="bench.no_op")
        async with opened(store) as instance:
            with stopwatch() as watch:
                await instance.run(plan)
        text = (
            f"{1e6 * watch.seconds / length:.0f} µs, "
            f"processor {1e6 * watch.cpu_seconds / length:.0f} µs, "
            f"{disk_bytes(store) / length:.0f} bytes on disk"
        )
        rows.append(Row(f"one chain of {length:,} steps: per step", text, "flat"))
    return [*rows, Row("all these chains: peak memory", f"{peak_memory_mb():.1f} MB")]


async def fan_out_text(folder: Path, *, quick: bool) -> list[Row]:
    """Run the fan-out of W3 from its text, where reading and checking it is part of the time."""
    width = size(FULL.width, quick=quick)
    rows = []
    for suffix in ("yaml", "json"):
        path = folder / f"fan-out.{suffix}"
        path.write_text(json.dumps({"workflow": workflows.fan_out(width, tool="bench.no_op")}))
        async with opened(folder) as instance:
            with stopwatch() as watch:
                await instance.run(path)
        rows.append(Row(f"W3 from a {suffix} file, {width:,} wide", f"{watch.seconds:.3f} s"))
    return rows


async def simulation(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - no store
    """Simulate a plan with waits and retries: how much faster than its own time that is."""
    from milepost.testing import simulate_many  # noqa: PLC0415 - memory is that of other measures

    plan = workflows.chain_with_waits(SIMULATED_STEPS, tool="bench.no_op")

    def simulated() -> float:
        spread = simulate_many(plan, runs=runs, durations={"*": (1, 3)}, failures={"*": 0.3})
        return sum(each.total_seconds() for each in spread.durations)

    runs = 2 if quick else SIMULATED_RUNS
    ratios: list[float] = []
    for _run in range(RUNS):
        with stopwatch() as watch:
            virtual = await anyio.to_thread.run_sync(simulated)
        ratios.append(virtual / watch.cpu_seconds)
    measure = f"simulation of {SIMULATED_STEPS} steps, waits, retries, on one core"
    return [Goal("≥", 1_000, "times real time").median_row(measure, ratios)]


def _memory(measure: str, goal: Goal) -> Row:
    peak = peak_memory_mb()
    return goal.row(measure, peak, f"{peak:.1f} MB")


_TAKEN: Final = {
    each.__name__: each
    for each in (
        *(simple, ten_steps, many_runs, chains, fan_out_text, simulation),
        *(course_measures.replan, course_measures.restore),
        *(course_measures.diff, course_measures.revisions),
        *(store_measures.store_100_000, store_measures.store_1_000_000),
    )
}


def main() -> None:
    """Take the measure that the command line names, and print its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    take = _TAKEN[options.measure]

    async def measure() -> list[Row]:
        with scratch_folder() as folder:
            return await take(folder, quick=options.quick)

    sys.stdout.write(json.dumps([asdict(row) for row in asyncio.run(measure())]) + "\n")


if __name__ == "__main__":
    main()
