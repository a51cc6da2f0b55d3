"""What it takes to change a plan's course and to look at its revisions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias

import milepost

from . import plans as workflows
from .measure import Latencies, stopwatch, time_each_awaited
from .opening import opened, reopened, size
from .rows import RUNS, Goal, Row

Edit: TypeAlias = dict[str, Any]

REPLANNED_STEPS: Final = 1_000
RESTORED_STEPS: Final = 10_000
RESTORED_AT_ONCE: Final = 50
COMPARED_STEPS: Final = 1_000
COMPARISONS: Final = 100
REVISIONS: Final = 200
REVISED_STEPS: Final = 100


async def replan(folder: Path, *, quick: bool) -> list[Row]:
    """Have the middle step of a chain fail; time from its failure to the start of another way."""
    length = size(REPLANNED_STEPS, quick=quick)
    plan = workflows.chain_with_way_out(
        length, at=length // 2, fails="bench.broken", tool="bench.no_op"
    )
    times: list[float] = []
    async with opened(folder) as instance:
        for _run in range(RUNS):
            result = await instance.run(plan)
            times.append(await _replan_seconds(instance, result.plan_id))
    measure = f"replan of {length:,} steps: failure to another way"
    return [Goal("<", 2, "s").median_row(measure, times)]


async def restore(folder: Path, *, quick: bool) -> list[Row]:
    """Put finished plans back to their middle, each by a store that was opened for it."""
    steps = size(RESTORED_STEPS, quick=quick)
    plan = workflows.fan_out(steps - 2, tool="bench.look", at_once=RESTORED_AT_ONCE)
    times: list[float] = []
    for run in range(RUNS):
        store = folder / str(run)
        store.mkdir()
        times.append(await _restore_seconds(store, *(await _finished(store, plan))))
    measure = f"restore of {steps:,} steps to the middle, store just opened"
    return [Goal("≤", 1, "s").median_row(measure, times)]


async def diff(folder: Path, *, quick: bool) -> list[Row]:
    """Compare two revisions, a hundredth of whose steps differ: at first, and again and again."""
    steps, times = size(COMPARED_STEPS, quick=quick), size(COMPARISONS, quick=quick)
    edits = [_described(f"s{at + 1}", "changed") for at in range(1, steps, 100)]
    plan = await _revised(folder, steps, [edits])
    first: list[float] = []
    again: list[Latencies] = []
    for _run in range(RUNS):
        taken = await _comparisons(folder, plan, times + 1)
        first.append(1000 * taken.seconds.pop(0))
        again.append(taken)
    measure, goal = f"diff of two revisions of {steps:,} steps", Goal("≤", 10, "ms")
    return [
        goal.median_row(f"{measure}, store just opened", first),
        goal.reads_row(f"{measure}, again", again),
    ]


async def revisions(folder: Path, *, quick: bool) -> list[Row]:
    """Read every revision of a plan once in any order."""
    number = size(REVISIONS, quick=quick)
    edits = [
        [_described(f"s{revision % (REVISED_STEPS - 1) + 2}", f"of revision {revision}")]
        for revision in range(2, number + 1)
    ]
    plan = await _revised(folder, REVISED_STEPS, edits)
    reading: list[Latencies] = []
    for run in range(RUNS):
        numbers = Random(run).sample(range(1, number + 1), number)
        reading.append(await _readings(folder, plan, numbers))
    measure, goal = f"any of {number:,} revisions of {REVISED_STEPS} steps", Goal("≤", 1, "ms")
    return [goal.reads_row(f"{measure}: read whole", reading)]


async def _replan_seconds(instance: milepost.Milepost, plan: str) -> float:
    """Return how long after the failure the step started again, by the record."""
    kinds = ["step.failed", "plan.revised"]
    failed, revised = (await instance.history(plan, kinds=kinds)).items
    return (revised.time - failed.time).total_seconds()


async def _finished(folder: Path, workflow: workflows.Workflow) -> tuple[str, int]:
    """Run a plan to its end; return its id and the position of its last event."""
    async with opened(folder) as instance:
        result = await instance.run(workflow)
        return result.plan_id, (await instance.plan(result.plan_id)).position


async def _restore_seconds(folder: Path, plan: str, events: int) -> float:
    async with reopened(folder) as instance:
        with stopwatch() as watch:
            await instance.restore(plan, at=events // 2, hold=True)
    return watch.seconds


async def _comparisons(folder: Path, plan: str, times: int) -> Latencies:
    async with reopened(folder) as instance:
        return await time_each_awaited(partial(instance.diff, plan, 1), [2] * times)


async def _readings(folder: Path, plan: str, numbers: Sequence[int]) -> Latencies:
    async with reopened(folder) as instance:
        return await time_each_awaited(partial(instance.content, plan), numbers)


async def _revised(folder: Path, steps: int, revised: Sequence[Sequence[Edit]]) -> str:
    """Start a chain that pauses before its first step, and revise it so often; return its id."""
    async with opened(folder) as instance:
        plan = await instance.start(workflows.chain(steps, tool="bench.look"), breakpoints=["s1"])
        await instance.wait(plan)
        for edits in revised:
            await instance.revise(plan, edits=edits)
    return plan


def _described(step: str, words: str) -> Edit:
    return {"op": "change_step", "path": step, "fields": {"description": words}}
