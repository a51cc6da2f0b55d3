"""One measure of Milepost per process: `python -m benchmarks.scaling_measures chains`.

Everything goes through the public face, or through the command line where there is no other door.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Final

import anyio

import milepost

from . import plans as workflows
from .measure import disk_bytes, peak_memory_mb, stopwatch
from .milepost_runner import MilepostSession, connect, no_op
from .scaling import MEASURES, Row
from .scratch import scratch_folder
from .workloads import EVENTS_PER_PLAN, FULL, STEPS_PER_PLAN

LENGTHS: Final = (10, 100, 1_000, 10_000)
SIMPLE_RUNS: Final = 1_000
TOOL_SECONDS: Final = 0.05
REPLAYED_PLANS: Final = 500
REPLANNED_STEPS: Final = 1_000
SIMULATED_STEPS: Final = 100
SIMULATED_RUNS: Final = 50
QUICK_SHARE: Final = 100
"""How many times smaller the quick sizes are."""


@milepost.tool(name="bench.broken")
async def broken(number: int) -> int:
    """Fail, and say that it would fail again."""
    raise milepost.ExecutionError(f"{number} is too much", code="down", retryable=False)


@milepost.tool(name="bench.slow")
async def slow(number: int) -> int:
    """Take as long as a quick real tool does."""
    await anyio.sleep(TOOL_SECONDS)
    return number


async def simple(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - small anyway
    """Run one plan of one step: the simple request, with opening and closing the store."""
    with stopwatch() as watch:
        async with _opened(folder) as instance:
            await instance.run(workflows.chain(1, tool="bench.no_op"))
    cores = os.cpu_count() or 1
    share = 100 * watch.cpu_seconds / watch.seconds / cores
    used = f"{1000 * watch.cpu_seconds:.0f} ms: {share:.0f} % of {cores} cores while it ran"
    return [
        Row("simple run: open, one step, close", f"{watch.seconds:.3f} s", "< 3 s"),
        Row("simple run: peak memory", f"{peak_memory_mb():.1f} MB", "≤ 50 MB"),
        Row("simple run: processor", used, "< 30 %"),
    ]


async def ten_steps(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - small anyway
    """Run ten steps whose tool takes 50 ms each; tell the engine's share."""
    async with _opened(folder) as instance:
        with stopwatch() as watch:
            await instance.run(workflows.chain(STEPS_PER_PLAN, tool="bench.slow"))
    rest = 1000 * (watch.seconds - STEPS_PER_PLAN * TOOL_SECONDS)
    return [
        Row("10-step task, 50 ms per tool", f"{watch.seconds:.3f} s", "< 30 s"),
        Row("10-step task: all but the tools", f"{rest:.1f} ms"),
        Row("10-step task: peak memory", f"{peak_memory_mb():.1f} MB", "< 200 MB"),
    ]


async def many_runs(folder: Path, *, quick: bool) -> list[Row]:
    """Run a simple plan many times: the share that did not complete, and memory."""
    runs = SIMPLE_RUNS // QUICK_SHARE if quick else SIMPLE_RUNS
    plan = workflows.chain(1, tool="bench.no_op")
    async with _opened(folder) as instance:
        await instance.run(plan)
        before = peak_memory_mb()
        results = [await instance.run(plan) for _ in range(runs)]
    failed = sum(not each.success for each in results)
    return [
        Row(f"error rate over {runs:,} simple runs", f"{100 * failed / runs:.2f} %", "< 5 %"),
        Row(f"memory grown over {runs:,} simple runs", f"{peak_memory_mb() - before:.1f} MB"),
    ]


async def chains(folder: Path, *, quick: bool) -> list[Row]:
    """Run single chains of growing length: cost and bytes per step should stay flat."""
    rows = []
    for length in LENGTHS[:2] if quick else LENGTHS:
        store = folder / str(length)
        store.mkdir()
        plan = workflows.chain(length, tool="bench.no_op")
        async with _opened(store) as instance:
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
    width = FULL.width // QUICK_SHARE if quick else FULL.width
    rows = []
    for suffix in ("yaml", "json"):
        path = folder / f"fan-out.{suffix}"
        path.write_text(json.dumps({"workflow": workflows.fan_out(width, tool="bench.no_op")}))
        async with _opened(folder) as instance:
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
    with stopwatch() as watch:
        virtual = await anyio.to_thread.run_sync(simulated)
    ratio = f"{virtual / watch.cpu_seconds:,.0f} times real time on one core"
    text = f"{ratio}, {1000 * watch.cpu_seconds / runs:.0f} ms per run of {virtual / runs:.0f} s"
    return [Row(f"simulation of {SIMULATED_STEPS} steps, waits, retries", text, "≥ 1,000")]


async def replan(folder: Path, *, quick: bool) -> list[Row]:
    """Have the middle step of a chain fail; time from its failure to the start of another way."""
    length = REPLANNED_STEPS // QUICK_SHARE if quick else REPLANNED_STEPS
    plan = workflows.chain_with_way_out(
        length, at=length // 2, fails="bench.broken", tool="bench.no_op"
    )
    times: list[float] = []
    async with _opened(folder) as instance:
        for _run in range(3):
            result = await instance.run(plan)
            times.append(await _replan_seconds(instance, result.plan_id))
    text = f"{1000 * min(times):.0f} ms, best of {len(times)}"
    return [Row(f"replan of {length:,} steps: failure to another way", text, "< 2 s")]


async def _replan_seconds(instance: milepost.Milepost, plan: str) -> float:
    """Return how long after the failure the step started again, by the record."""
    kinds = ["step.failed", "plan.revised"]
    failed, revised = (await instance.history(plan, kinds=kinds)).items
    return (revised.time - failed.time).total_seconds()


async def store_of(folder: Path, events: int) -> list[Row]:
    """Fill a store, then time its history, its lists, its replay and its rebuild."""
    store = folder / "store"
    store.mkdir()
    async with connect(store) as session:
        with stopwatch() as filling:
            stored = await session.store_plans(-(-events // EVENTS_PER_PLAN))
    title = f"{stored.records:,} events"
    per_event = f"{disk_bytes(store) / stored.records:.0f} bytes per event"
    async with connect(store) as session:
        reads = await _reads(session, stored.plans, title)
        replay = await _replay(session.milepost, stored.plans, title)
    return [
        Row(f"{title}: stored", f"{stored.records / filling.seconds:,.0f} events/s, {per_event}"),
        *reads,
        replay,
        _rebuild(store, stored.records, title),
    ]


async def store_100_000(folder: Path, *, quick: bool) -> list[Row]:
    """Measure reading at 100,000 events."""
    return await store_of(folder, 100_000 // QUICK_SHARE if quick else 100_000)


async def store_1_000_000(folder: Path, *, quick: bool) -> list[Row]:
    """Measure reading at 1,000,000 events."""
    return await store_of(folder, 1_000_000 // QUICK_SHARE if quick else 1_000_000)


async def _reads(session: MilepostSession, plans: Sequence[str], title: str) -> list[Row]:
    histories = await session.time_histories(Random(0).choices(plans, k=FULL.history_reads))
    newest = await session.time_newest(FULL.newest, reads=FULL.newest_reads)
    return [
        Row(
            f"{title}: {name}",
            f"p50 {taken.milliseconds(0.5):.3f} ms, p99 {taken.milliseconds(0.99):.3f} ms",
            goal,
        )
        for name, taken, goal in (
            ("one plan's history", histories, "p99 ≤ 1 ms"),
            ("newest 50 plans", newest, "p99 ≤ 2 ms"),
        )
    ]


async def _replay(instance: milepost.Milepost, plans: Sequence[str], title: str) -> Row:
    chosen = plans[:REPLAYED_PLANS]
    events = 0
    for plan in chosen:
        events += len((await instance.history(plan)).items)
    with stopwatch() as watch:
        for plan in chosen:
            await instance.replay(plan)
    return Row(f"{title}: replay", f"{events / watch.seconds:,.0f} events/s", "≥ 100,000")


def _rebuild(store: Path, events: int, title: str) -> Row:
    database = str(store / "milepost.db")
    command = [str(Path(sys.executable).with_name("milepost")), "projections", "rebuild"]
    with stopwatch() as watch:
        subprocess.run([*command, "--db", database], check=True, capture_output=True)
    text = f"{events / watch.seconds:,.0f} events/s, start of the process included"
    return Row(f"{title}: projections rebuilt", text, "≥ 100,000")


def _opened(folder: Path) -> AbstractAsyncContextManager[milepost.Milepost]:
    return milepost.open(str(folder / "milepost.db"), tools=[no_op, slow, broken])


def main() -> None:
    """Take the measure that the command line names, and print its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    take: Callable[..., Awaitable[list[Row]]] = globals()[options.measure]

    async def measure() -> list[Row]:
        with scratch_folder() as folder:
            return await take(folder, quick=options.quick)

    sys.stdout.write(json.dumps([asdict(row) for row in asyncio.run(measure())]) + "\n")


if __name__ == "__main__":
    main()
