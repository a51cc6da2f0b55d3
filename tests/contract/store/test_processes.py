"""Several processes on one store file."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from milepost.adapters.store.journal import open_journal
from milepost.domain.errors import OwnedElsewhereError

from .saves import plan, step

MODULE = "tests.contract.store.writing_process"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plans.db"


def _start(path: Path, repository: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", MODULE, str(path), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository)


def test_no_process_starves_and_the_log_stays_whole(
    path: Path,
    repository: Path,
    campaign: bool,
    record_property: Callable[[str, object], None],
) -> None:
    number, seconds = (16, 10) if campaign else (6, 1.5)
    start = time.time() + 1 + number * 0.4
    processes = [_start(path, repository, each, start, seconds) for each in range(number)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    saves = [answer["saves"] for answer in answers]
    share = min(saves) / (sum(saves) / number)
    longest = max(answer["longest"] for answer in answers)
    record_property("smallest share of the mean", share)
    record_property("longest wait in seconds", longest)
    assert share >= 0.5
    assert longest <= 1
    events = 2 * number + 2 * sum(saves)
    assert _rows(path, "SELECT count(*), max(rowid) FROM stored_events") == [(events, events)]
    backwards = """SELECT count(*) FROM (
      SELECT time, lag(time) OVER (ORDER BY rowid) AS before FROM stored_events)
      WHERE time < before"""
    assert _rows(path, backwards) == [(0,)]
    assert _rows(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_killed_owners_plan_can_be_claimed_at_once(path: Path, repository: Path) -> None:
    process = _start(path, repository, 0, time.time(), 60)
    try:
        async with open_journal(path) as journal:
            with anyio.fail_after(20):
                while await journal.last_position() < 10:
                    await anyio.sleep(0.02)
            with pytest.raises(OwnedElsewhereError):
                await journal.claim(plan(1))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            fence = await journal.claim(plan(1))
            assert fence == 2
            await journal.append(step(plan(1), "after", fence=fence))
            position = await journal.last_position()
            assert len(await journal.plan_events(plan(1))) == position
    finally:
        process.kill()
        process.communicate()


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows
