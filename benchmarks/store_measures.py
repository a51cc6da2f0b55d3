"""What can be read of a store that is full: histories, lists, past states, replay, rebuild."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

import milepost

from .measure import Latencies, disk_bytes, stopwatch, time_each_awaited
from .milepost_runner import MilepostSession, connect
from .opening import size
from .rows import RUNS, Goal, Row
from .workloads import EVENTS_PER_PLAN, FULL, QUICK, Sizes

REPLAYED_PLANS: Final = 500
STATES: Final = 500
"""Pairs of a position and the plan that moved there, in one run."""


async def store_100_000(folder: Path, *, quick: bool) -> list[Row]:
    """Measure reading at 100,000 events."""
    return await store_of(folder, 100_000, quick=quick)


async def store_1_000_000(folder: Path, *, quick: bool) -> list[Row]:
    """Measure reading at 1,000,000 events."""
    return await store_of(folder, 1_000_000, quick=quick)


async def store_of(folder: Path, events: int, *, quick: bool) -> list[Row]:
    """Fill a store, then time its history, its lists, its past, its replay and its rebuild."""
    sizes = QUICK if quick else FULL
    moved, replayed = size(STATES, quick=quick), size(REPLAYED_PLANS, quick=quick)
    store = folder / "store"
    store.mkdir()
    async with connect(store) as session:
        with stopwatch() as filling:
            stored = await session.store_plans(-(-size(events, quick=quick) // EVENTS_PER_PLAN))
    title = f"{stored.records:,} events"
    per_event = f"{disk_bytes(store) / stored.records:.0f} bytes per event"
    async with connect(store) as session:
        rows = [
            *await reads(session, stored.plans, sizes, title),
            *await states(session.milepost, stored.records, moved, title),
            await replay(session.milepost, stored.plans[:replayed], title),
        ]
    return [
        Row(f"{title}: stored", f"{stored.records / filling.seconds:,.0f} events/s, {per_event}"),
        *rows,
        rebuild(store, stored.records, title),
    ]


async def reads(
    session: MilepostSession, plans: Sequence[str], sizes: Sizes, title: str
) -> list[Row]:
    """Time histories of plans picked at random, and lists of the newest plans."""
    histories = [
        await session.time_histories(Random(run).choices(plans, k=sizes.history_reads))
        for run in range(RUNS)
    ]
    newest = [
        await session.time_newest(sizes.newest, reads=sizes.newest_reads) for _run in range(RUNS)
    ]
    return [
        Goal("≤", 1, "ms").reads_row(f"{title}: one plan's history", histories),
        Goal("≤", 2, "ms").reads_row(f"{title}: newest {sizes.newest} plans", newest),
    ]


async def states(instance: milepost.Milepost, events: int, number: int, title: str) -> list[Row]:
    """Time what a plan was at so many positions: as shown, and all that its events say of it."""

    async def shown(moment: tuple[str, int]) -> None:
        plan, position = moment
        await instance.plan(plan, as_of=position)
        await instance.steps(plan, as_of=position)

    async def state(moment: tuple[str, int]) -> None:
        plan, position = moment
        await instance.state(plan, at=position)

    showing: list[Latencies] = []
    stating: list[Latencies] = []
    for run in range(RUNS):
        moments = await _moments(instance, events, number, Random(run))
        showing.append(await time_each_awaited(shown, moments))
        stating.append(await time_each_awaited(state, moments))
    goal = Goal("≤", 50, "ms")
    return [
        goal.reads_row(f"{title}: a plan shown as of any position", showing),
        goal.reads_row(f"{title}: a plan's state at any position", stating),
    ]


async def replay(instance: milepost.Milepost, plans: Sequence[str], title: str) -> Row:
    """Time the replay of plans, one after the other, or of as many as there is time for."""
    events = [len((await instance.history(plan)).items) for plan in plans]
    rates: list[float] = []
    for _run in range(RUNS):
        taken = await time_each_awaited(instance.replay, plans)
        rates.append(sum(events[: len(taken.seconds)]) / sum(taken.seconds))
    return Goal("≥", 100_000, "events/s").median_row(f"{title}: replay", rates)


def rebuild(store: Path, events: int, title: str) -> Row:
    """Time the command that makes the projections anew, in a process of its own."""
    database = str(store / "milepost.db")
    command = [str(Path(sys.executable).with_name("milepost")), "projections", "rebuild"]
    with stopwatch() as watch:
        subprocess.run([*command, "--db", database], check=True, capture_output=True)
    rate = events / watch.seconds
    text = f"{rate:,.0f} events/s, start of the process included"
    return Goal("≥", 100_000, "events/s").row(f"{title}: projections rebuilt", rate, text)


async def _moments(
    instance: milepost.Milepost, events: int, number: int, random: Random
) -> list[tuple[str, int]]:
    """Pick positions of the whole store at random, each with the plan that moved there."""
    reader = await instance.reader()
    found: list[tuple[str, int]] = []
    for position in random.choices(range(1, events + 1), k=number):
        [event] = (await reader.events(after=position - 1, limit=1)).items
        found.append((str(event.plan), position))
    return found
