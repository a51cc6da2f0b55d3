"""Compare storage layouts and commit paths, all with FULL durability.

`python -m benchmarks.storage` prints bytes a step, steps/s by batch size, and the latency of a
save by the number of concurrent savers for three ways to commit.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from .storage_layouts import LAYOUTS, Compact, Layout, Row, open_file, steps

PLANS = 64
Saver = Callable[[list[Row]], asyncio.Future[None]]


def main() -> None:
    """Print every table."""
    print("bytes per step on disk, history, step and plan rows included (64 plans interleaved)")
    sizes = (10, 100, 1_000)
    print(f"{'layout':24}" + "".join(f"{size:>9} st/plan" for size in sizes) + "  1 x 10000")
    for layout in LAYOUTS:
        figures = [bytes_per_step(layout, PLANS, size) for size in sizes]
        figures.append(bytes_per_step(layout, 1, 10_000))
        print(f"{layout.name:24}" + "".join(f"{figure:17.0f}" for figure in figures))
    print("\nsteps per second by steps in a batch (median of 3)")
    batches = (1, 16, 64, 256)
    print(f"{'layout':24}" + "".join(f"{batch:>12}" for batch in batches) + "   CPU us/step at 256")
    for layout in LAYOUTS:
        rates = [throughput(layout, batch) for batch in batches]
        figures = "".join(f"{rate:12.0f}" for rate, _cpu in rates)
        print(f"{layout.name:24}{figures}{rates[-1][1]:12.1f}")
    print("\ncommit path, compact layout: concurrent savers, each awaits its save")
    print(f"{'way':16}{'savers':>8}{'steps/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}")
    for savers in (1, 8, 64, 1000):
        for way in (in_place, writer_thread, once_per_tick):
            runs = [commit_path(way, savers) for _ in range(3)]
            rate, p50, p99, cpu = sorted(runs)[1]
            print(f"{way.__name__:16}{savers:8}{rate:10.0f}{p50:9.2f}{p99:9.2f}{cpu:9.1f}")
    print("\none step a commit: median ms while the log file grows, and while it is written over")
    for page in (1024, 2048, 4096, 8192):
        grows, over = commit_by_page(page)
        print(f"page {page:5}{grows:9.3f}{over:9.3f}")


def bytes_per_step(layout: Layout, plans: int, steps_per_plan: int) -> float:
    """Return the file's size by step, after writing batches of 64 steps."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.db")
        connection = open_file(path, layout)
        _write(connection, layout, steps(plans, steps_per_plan), batch=64)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return path.stat().st_size / (plans * steps_per_plan)


def throughput(layout: Layout, batch: int) -> tuple[float, float]:
    """Return steps per second and CPU microseconds a step, medians of three."""
    number = max(PLANS, min(400 * batch, 20_000))
    rates, cpus = [], []
    for _run in range(3):
        with tempfile.TemporaryDirectory() as folder:
            connection = open_file(Path(folder, "log.db"), layout)
            started, cpu = time.perf_counter(), time.process_time()
            written = _write(connection, layout, steps(PLANS, number // PLANS), batch=batch)
            rates.append(written / (time.perf_counter() - started))
            cpus.append((time.process_time() - cpu) / written * 1e6)
            connection.close()
    return statistics.median(rates), statistics.median(cpus)


def commit_by_page(page: int) -> tuple[float, float]:
    """Return the median milliseconds of a commit, before and after the first checkpoint."""
    layout = Compact()
    with tempfile.TemporaryDirectory() as folder:
        connection = open_file(Path(folder, "log.db"), layout, page=page)
        connection.execute("PRAGMA wal_autocheckpoint=0")
        groups = steps(1, 800)
        grows = [_timed_commit(connection, layout, next(groups)) for _ in range(400)]
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        over = [_timed_commit(connection, layout, rows) for rows in itertools.islice(groups, 300)]
        connection.close()
    return statistics.median(grows), statistics.median(over)


def _timed_commit(connection: sqlite3.Connection, layout: Layout, rows: list[Row]) -> float:
    started = time.perf_counter()
    commit(connection, layout, rows)
    return (time.perf_counter() - started) * 1e3


def _write(
    connection: sqlite3.Connection, layout: Layout, groups: Iterator[list[Row]], *, batch: int
) -> int:
    written = 0
    while some := list(itertools.islice(groups, batch)):
        commit(connection, layout, [row for group in some for row in group])
        written += len(some)
    return written


def commit(connection: sqlite3.Connection, layout: Layout, rows: list[Row]) -> None:
    """Write the rows in one durable transaction."""
    connection.execute("BEGIN IMMEDIATE")
    layout.write(connection, rows)
    connection.execute("COMMIT")


def in_place(connection: sqlite3.Connection) -> tuple[Saver, Callable[[], None]]:
    """Commit each save by itself in the loop's thread."""
    layout = Compact()

    def save(rows: list[Row]) -> asyncio.Future[None]:
        commit(connection, layout, rows)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    return save, _nothing


def once_per_tick(connection: sqlite3.Connection) -> tuple[Saver, Callable[[], None]]:
    """Commit what a turn of the loop collected, in the loop's thread."""
    layout = Compact()
    loop = asyncio.get_running_loop()
    queue: list[tuple[list[Row], asyncio.Future[None]]] = []

    def flush() -> None:
        some = queue[:]
        queue.clear()
        commit(connection, layout, [row for rows, _future in some for row in rows])
        for _rows, future in some:
            future.set_result(None)

    def save(rows: list[Row]) -> asyncio.Future[None]:
        future: asyncio.Future[None] = loop.create_future()
        if not queue:
            loop.call_soon(flush)
        queue.append((rows, future))
        return future

    return save, _nothing


def writer_thread(connection: sqlite3.Connection) -> tuple[Saver, Callable[[], None]]:
    """Commit what is queued on a thread of its own."""
    layout = Compact()
    loop = asyncio.get_running_loop()
    queue: deque[tuple[list[Row], asyncio.Future[None]]] = deque()
    wake, stopped = threading.Event(), threading.Event()

    def finish(some: list[tuple[list[Row], asyncio.Future[None]]]) -> None:
        for _rows, future in some:
            future.set_result(None)

    def work() -> None:
        while not stopped.is_set():
            wake.wait()
            wake.clear()
            while queue:
                some = [queue.popleft() for _ in range(min(len(queue), 256))]
                commit(connection, layout, [row for rows, _future in some for row in rows])
                loop.call_soon_threadsafe(finish, some)

    def save(rows: list[Row]) -> asyncio.Future[None]:
        future: asyncio.Future[None] = loop.create_future()
        queue.append((rows, future))
        wake.set()
        return future

    thread = threading.Thread(target=work)
    thread.start()

    def stop() -> None:
        stopped.set()
        wake.set()
        thread.join()

    return save, stop


def commit_path(
    way: Callable[[sqlite3.Connection], tuple[Saver, Callable[[], None]]], savers: int
) -> tuple[float, float, float, float]:
    """Return steps/s, p50 and p99 of a save in milliseconds, and CPU microseconds a step."""
    with tempfile.TemporaryDirectory() as folder:
        connection = open_file(Path(folder, "log.db"), Compact())
        try:
            return asyncio.run(_savers(connection, way, savers))
        finally:
            connection.close()


async def _savers(
    connection: sqlite3.Connection,
    way: Callable[[sqlite3.Connection], tuple[Saver, Callable[[], None]]],
    savers: int,
) -> tuple[float, float, float, float]:
    each = max(1500 // savers, 12)
    groups = list(steps(savers, each))
    latencies: list[float] = []
    save, stop = way(connection)

    async def one(saver: int) -> None:
        for number in range(each):
            started = time.perf_counter()
            await save(groups[number * savers + saver])
            latencies.append(time.perf_counter() - started)
            await asyncio.sleep(0)

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*[one(saver) for saver in range(savers)])
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    stop()
    latencies.sort()
    number = len(latencies)
    p99 = latencies[int(number * 0.99)]
    return number / spent, latencies[number // 2] * 1e3, p99 * 1e3, cpu / number * 1e6


def _nothing() -> None:
    """Stop nothing."""


if __name__ == "__main__":
    main()
