"""A traced life, the states that a crash could leave of it, and what is wrong with each."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

import milepost

from .disk import CrashState
from .invariants import violations
from .ledger import Ledger, parse_ledger
from .programs import carry_on
from .record import read_record
from .scene import Program, Scene
from .syscalls import Operation, Sync, options, read_trace
from .tools import world_tools


def traced(scene: Scene, program: Program = carry_on, *inject: str) -> tuple[int, list[Operation]]:
    """Let a process live under the tracer; return its exit code and what it did to its files."""
    trace = scene.folder / "trace"
    following = options(trace, store=scene.store, ledger=scene.ledger)
    code = scene.live(program, strace=[*following, *inject])
    return code, read_trace(trace, ledger=scene.ledger)


def joined(first: Sequence[Operation], second: Sequence[Operation]) -> list[Operation]:
    """Return the operations of two lives, one after the other."""
    moved = (
        replace(one, begun=one.begun + len(first)) if isinstance(one, Sync) else one
        for one in second
    )
    return [*first, *moved]


def some(
    operations: Sequence[Operation], luck: random.Random, most: int | None, *, since: int = 0
) -> frozenset[int]:
    """Return points at which the power goes: all of them without a limit."""
    numbers = range(since, len(operations))
    return frozenset(numbers if most is None else luck.sample(numbers, min(most, len(numbers))))


def oracle_on(state: CrashState) -> list[str]:
    """Return what the oracle alone finds wrong with a state."""
    with TemporaryDirectory() as folder:
        state.restore(Path(folder))
        record = read_record(Path(folder) / "plans.db")
    return violations(record, parse_ledger(state.told))


def problems_of(state: CrashState, *, go_on: bool = False) -> list[str]:
    """Return what is wrong with a state, and with what the product makes of it."""
    with TemporaryDirectory() as folder:
        scene = Scene.new(Path(folder) / "scene")
        state.restore(scene.store.parent)
        scene.ledger.write_bytes(state.told)
        found = scene.problems()
        found += anyio.run(_replayed, scene, scene.record().plans)
        if go_on:
            code = scene.live()
            found += [f"it ended with {code}"] if code else []
            found += scene.problems() + scene.problems_at_the_end()
        return found


async def _replayed(scene: Scene, plans: Sequence[str]) -> list[str]:
    """Open the store with the product and replay every plan."""
    tools = world_tools(Ledger(scene.ledger))
    async with milepost.open(scene.store, tools=tools) as mp:
        reports = [await mp.replay(plan) for plan in plans]
    return [str(report) for report in reports if not report.equal]
