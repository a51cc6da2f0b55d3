"""Commits go through although a tool keeps the event loop, or the interpreter, busy."""

import sqlite3
import threading
import time
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread

from milepost.adapters.store.journal import SqliteJournal, open_journal

from .saves import draft, plan, step

pytestmark = pytest.mark.anyio
PATIENCE = 60.0
"""Seconds after which what is waited for counts as held up by a tool."""


async def test_a_queued_save_is_committed_while_a_tool_blocks_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "plans.db"
    begun, seen = threading.Event(), threading.Event()

    async def save(journal: SqliteJournal) -> None:
        begun.set()
        await journal.append(step(plan(), "a"))

    def watch() -> None:
        connection = sqlite3.connect(path)
        begun.wait()
        while connection.execute("SELECT max(rowid) FROM stored_events").fetchone() != (4,):
            time.sleep(0.002)
        seen.set()
        connection.close()

    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        watcher = threading.Thread(target=watch)
        watcher.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(save, journal)
            while not begun.is_set():
                await anyio.lowlevel.checkpoint()
            assert seen.wait(PATIENCE), "nothing was committed while a tool blocked the loop"
        watcher.join()


async def test_reads_go_through_while_tools_hold_every_common_thread(tmp_path: Path) -> None:
    stop = threading.Event()
    async with open_journal(tmp_path / "plans.db") as journal:
        await journal.append(draft(plan()))
        async with anyio.create_task_group() as tasks:
            common = to_thread.current_default_thread_limiter()
            for _ in range(int(common.total_tokens)):
                tasks.start_soon(to_thread.run_sync, stop.wait)
            while common.available_tokens:
                await anyio.lowlevel.checkpoint()
            try:
                with anyio.fail_after(PATIENCE):
                    assert len(await journal.plan_events(plan())) == 2
                    assert await journal.unfinished() == [plan()]
            finally:
                stop.set()


async def test_saves_go_through_while_a_tool_computes_in_a_thread(tmp_path: Path) -> None:
    stop = threading.Event()

    def compute() -> None:
        number = 0
        while not stop.is_set():
            number += 1

    tool = threading.Thread(target=compute)
    async with open_journal(tmp_path / "plans.db") as journal:
        await journal.append(draft(plan()))
        tool.start()
        try:
            with anyio.fail_after(PATIENCE):
                async with anyio.create_task_group() as tasks:
                    for number in range(100):
                        tasks.start_soon(journal.append, step(plan(), f"s{number}"))
        finally:
            stop.set()
            tool.join()
        assert await journal.last_position() == 202
