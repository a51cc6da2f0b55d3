"""Runs one plan of many steps in a process of its own and prints what it took."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import anyio

import milepost

CHAIN, FAN_OUT = "chain", "fan-out"


@milepost.tool(effect="read")
async def number(of: int) -> int:
    """Return the number that it is given."""
    return of


def chain(steps: int) -> list[dict[str, Any]]:
    """Return steps of which each waits for the one before it."""
    return [_step(at, [f"s{at - 1}"] if at else []) for at in range(steps)]


def fan_out(steps: int) -> list[dict[str, Any]]:
    """Return a root, steps that all wait for it, and one that waits for them all."""
    wide = [_step(at, ["s0"]) for at in range(1, steps - 1)]
    return [_step(0, []), *wide, _step(steps - 1, [step["id"] for step in wide])]


async def run(store: Path, shape: str, steps: int) -> dict[str, Any]:
    """Run the plan and return its figures."""
    plan = {
        "name": shape,
        "settings": {"max_parallel_steps": 100},
        "steps": chain(steps) if shape == CHAIN else fan_out(steps),
    }
    begun = time.monotonic()
    async with milepost.open(store, tools=[number]) as mp:
        result = await mp.run(plan)
        ended = time.monotonic()
        report = await mp.replay(result.plan_id)
    return {
        "status": result.status,
        "completed": result.completed_steps,
        "seconds": ended - begun,
        "replay": str(report.difference),
        "replay_seconds": time.monotonic() - ended,
        "peak_mib": _peak_kib() / 1024,
    }


def _peak_kib() -> int:
    """Return this program's own peak; what `getrusage` tells begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _step(at: int, depends_on: list[str]) -> dict[str, Any]:
    return {"id": f"s{at}", "tool": "number", "input": {"of": at}, "depends_on": depends_on}


if __name__ == "__main__":
    figures = anyio.run(run, Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(json.dumps(figures) + "\n")
