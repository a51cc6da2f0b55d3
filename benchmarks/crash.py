"""W5: one process runs a chain and is killed in the middle; a second one finishes it."""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .ledger import KILL_VARIABLE, LEDGER_VARIABLE, Entry, read_entries
from .measure import peak_memory_mb
from .roles import play, play_out
from .system import System
from .workloads import Sizes


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the second process says about itself."""

    imported_at: float
    last_number: int
    durability: str
    peak_memory_mb: float


def crash_and_recover(system: System, sizes: Sizes, folder: Path) -> tuple[dict[str, float], str]:
    """Kill, restart, and return the figures with the durability that was in force.

    Raises `RuntimeError` when the victim did not die where it should or the plan ended wrong.
    """
    store, ledger = folder / "store", folder / "ledger.jsonl"
    store.mkdir()
    variables = {LEDGER_VARIABLE: str(ledger)}
    deadly = {**variables, KILL_VARIABLE: str(sizes.crash_at)}
    victim = play(system, "victim", store, sizes, deadly)
    if victim.returncode != -signal.SIGKILL:
        message = f"the victim ended with {victim.returncode}, not by SIGKILL: {victim.stderr}"
        raise RuntimeError(message)
    restarted = time.monotonic()
    printed = play_out(system, "recover", store, sizes, variables)
    recovered = Recovered(**json.loads(printed.splitlines()[-1]))
    if recovered.last_number != sizes.crash_steps:
        message = f"the chain ended with {recovered.last_number}, not {sizes.crash_steps}"
        raise RuntimeError(message)
    return _figures(read_entries(ledger), sizes, restarted, recovered), recovered.durability


async def be_victim(system: System, store: Path, sizes: Sizes) -> None:
    """Run the chain until the ledger kills this process."""
    async with system.connect(store) as session:
        await session.run_counted_chain(sizes.crash_steps)


async def be_recovery(system: System, store: Path, sizes: Sizes, imported_at: float) -> Recovered:
    """Finish the chain of the killed process."""
    async with system.connect(store) as session:
        last_number = await session.resume_counted_chain(sizes.crash_steps)
        in_force = await session.durability()
    return Recovered(imported_at, last_number, in_force, peak_memory_mb())


def print_recovered(recovered: Recovered) -> None:
    """Hand the result to the parent process."""
    sys.stdout.write(json.dumps(asdict(recovered)) + "\n")


def _figures(
    entries: list[Entry], sizes: Sizes, restarted: float, recovered: Recovered
) -> dict[str, float]:
    calls = dict.fromkeys(range(1, sizes.crash_steps + 1), 0)
    for entry in entries:
        calls[entry.step] += 1
    never = [step for step, count in calls.items() if count == 0]
    if never:
        message = f"steps that never ran: {never[:10]}"
        raise RuntimeError(message)
    next_start = next(entry.at for entry in entries if entry.step == sizes.crash_at + 1)
    return {
        "recovery_s": next_start - restarted,
        "recovery_without_imports_s": next_start - recovered.imported_at,
        "finished_steps_run_again": sum(
            count - 1 for step, count in calls.items() if step < sizes.crash_at
        ),
        "interrupted_step_runs": calls[sizes.crash_at],
        "peak_memory_mb": recovered.peak_memory_mb,
    }
