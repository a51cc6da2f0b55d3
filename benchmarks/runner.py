"""The program around one system: `python -m <module> W1 --runs 3` prints one JSON document."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from . import crash
from .measure import disk_bytes, peak_memory_mb, stopwatch
from .roles import play_out
from .scratch import scratch_folder
from .system import Session, Stored, System
from .workloads import FULL, QUICK, STEPS_PER_PLAN, WORKLOADS, Sizes

FILLED: Final = "stored.json"
"""Beside the store: what the filling process put into it."""


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one run, the durability in force, and remarks on what was stored."""

    figures: dict[str, float]
    durability: str
    remark: str = ""


def main(system: System) -> None:
    """Run what the command line says, and print its document."""
    imported_at = time.monotonic()
    options = _parser().parse_args()
    sizes = _sizes(options)
    if options.role == "victim":
        asyncio.run(crash.be_victim(system, options.store, sizes))
    elif options.role == "fill":
        asyncio.run(_fill(system, options.store, sizes))
    elif options.role == "recover":
        recovery = crash.be_recovery(system, options.store, sizes, imported_at)
        crash.print_recovered(asyncio.run(recovery))
    else:
        runs = _runs(system, options.workload, sizes, times=options.runs)
        sys.stdout.write(json.dumps(_document(system, options.workload, sizes, runs)) + "\n")


def _runs(system: System, workload: str, sizes: Sizes, *, times: int) -> list[Run]:
    if workload == "W4":
        return _read_histories(system, sizes, times=times)
    return [_run_once(system, workload, sizes) for _ in range(times)]


def _run_once(system: System, workload: str, sizes: Sizes) -> Run:
    with scratch_folder() as folder:
        if workload == "W5":
            return Run(*crash.crash_and_recover(system, sizes, folder))
        return asyncio.run(_run_plans(system, workload, sizes, _store_in(folder)))


async def _run_plans(system: System, workload: str, sizes: Sizes, folder: Path) -> Run:
    async with system.connect(folder) as session:
        in_force = await session.durability()
        if workload == "W3":
            figures, steps = await _run_fan_out(session, sizes)
        else:
            figures, steps = await _run_chains(session, workload, sizes)
        while_open = disk_bytes(folder) / steps
    figures |= {
        "peak_memory_mb": peak_memory_mb(),
        "bytes_per_step_open": while_open,
        "bytes_per_step": disk_bytes(folder) / steps,
    }
    return Run(figures, in_force)


async def _run_chains(
    session: Session, workload: str, sizes: Sizes
) -> tuple[dict[str, float], int]:
    plans, in_flight = sizes.chain_plans, 1
    if workload == "W2":
        plans, in_flight = sizes.crowd_plans, sizes.in_flight
    await session.run_chains(1, in_flight=1)
    with stopwatch() as watch:
        numbers = await session.run_chains(plans, in_flight=in_flight)
    _check(list(numbers), [STEPS_PER_PLAN] * plans)
    steps = plans * STEPS_PER_PLAN
    figures = {
        "ms_per_plan": 1000 * watch.seconds / plans,
        "steps_per_second": steps / watch.seconds,
        "cpu_us_per_step": 1e6 * watch.cpu_seconds / steps,
    }
    return figures, steps + STEPS_PER_PLAN


async def _run_fan_out(session: Session, sizes: Sizes) -> tuple[dict[str, float], int]:
    with stopwatch() as watch:
        total = await session.run_fan_out(sizes.width)
    _check(total, sizes.width)
    figures = {"seconds": watch.seconds, "cpu_seconds": watch.cpu_seconds}
    return figures, sizes.width + 2


def _read_histories(system: System, sizes: Sizes, *, times: int) -> list[Run]:
    """Fill once, in another process, and read `times` times over: filling takes far longer."""
    with scratch_folder() as folder:
        store = _store_in(folder)
        play_out(system, "fill", store, sizes, {})
        stored = Stored(**json.loads((folder / FILLED).read_text()))
        return asyncio.run(_read(system, store, stored, sizes, times=times))


async def _fill(system: System, store: Path, sizes: Sizes) -> None:
    async with system.connect(store) as session:
        stored = await session.store_plans(sizes.stored_plans)
    (store.parent / FILLED).write_text(json.dumps(asdict(stored)))


async def _read(
    system: System, store: Path, stored: Stored, sizes: Sizes, *, times: int
) -> list[Run]:
    remark = (
        f"{len(stored.plans):,} plans, {stored.records:,} records, "
        f"{disk_bytes(store) / 1e6:,.0f} MB; {stored.origin}"
    )
    async with system.connect(store) as session:
        in_force = await session.durability()
        return [
            Run(await _read_once(session, stored.plans, sizes, seed), in_force, remark)
            for seed in range(times)
        ]


async def _read_once(
    session: Session, plans: Sequence[str], sizes: Sizes, seed: int
) -> dict[str, float]:
    chosen = random.Random(seed).choices(plans, k=sizes.history_reads)
    histories = await session.time_histories(chosen)
    figures = {
        "history_p50_ms": histories.milliseconds(0.5),
        "history_p99_ms": histories.milliseconds(0.99),
        "history_reads": len(histories.seconds),
    }
    newest = await session.time_newest(sizes.newest, reads=sizes.newest_reads)
    if newest is not None:
        figures |= {
            "newest_p50_ms": newest.milliseconds(0.5),
            "newest_p99_ms": newest.milliseconds(0.99),
            "newest_reads": len(newest.seconds),
        }
    return figures | {"peak_memory_mb": peak_memory_mb()}


def _store_in(folder: Path) -> Path:
    """Keep the store apart from files that a runner puts beside it, which must not be counted."""
    store = folder / "store"
    store.mkdir()
    return store


def _check(given: object, expected: object) -> None:
    if given != expected:
        message = f"wrong result, so no figure: {given!r} instead of {expected!r}"
        raise RuntimeError(message[:500])


def _document(system: System, workload: str, sizes: Sizes, runs: list[Run]) -> dict[str, object]:
    keys = runs[0].figures
    return {
        "system": system.name,
        "version": system.version,
        "workload": workload,
        "durability": runs[0].durability,
        "remark": runs[0].remark,
        "sizes": asdict(sizes),
        "runs": [run.figures for run in runs],
        "medians": {key: statistics.median(run.figures[key] for run in runs) for key in keys},
    }


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = QUICK if options.quick else FULL
    given = {
        "chain_plans": options.plans,
        "crowd_plans": options.plans,
        "width": options.width,
        "stored_events": options.events,
        "crash_steps": options.steps,
        "crash_at": options.steps // 2 if options.steps else None,
    }
    return replace(sizes, **{key: value for key, value in given.items() if value is not None})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=[each.name for each in WORKLOADS])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a smoke test")
    parser.add_argument("--plans", type=int, help="plans in W1 and W2")
    parser.add_argument("--width", type=int, help="parallel steps in W3")
    parser.add_argument("--events", type=int, help="events stored in W4")
    parser.add_argument("--steps", type=int, help="steps in W5; the kill is in the middle")
    parser.add_argument("--role", choices=["victim", "recover", "fill"], help=argparse.SUPPRESS)
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    return parser
