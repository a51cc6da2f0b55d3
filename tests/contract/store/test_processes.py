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
LEAST = 50
"""Saves that each of several processes makes while the others go on."""
PATIENCE = 120.0
"""Seconds after which a process counts as starved or hung."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plans.db"


def test_no_process_starves_and_the_log_stays_whole(
    path: Path,
    repository: Path,
    campaign: bool,
    record_property: Callable[[str, object], None],
) -> None:
    number = 16 if campaign else 6
    anyio.run(_make, path)
    processes = [_start(path, repository, each) for each in range(number)]
    _until(path, number, events=2)
    path.with_name("start").touch()
    if campaign:
        time.sleep(10)
    _until(path, number, events=2 + 2 * LEAST)
    path.with_name("stop").touch()
    answers = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in processes]
    saves = [answer["saves"] for answer in answers]
    share = min(saves) / (sum(saves) / number)
    longest = max(answer["longest"] for answer in answers)
    record_property("smallest share of the mean", share)
    record_property("longest wait in seconds", longest)
    assert min(saves) >= LEAST
    if campaign:
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
    path.with_name("start").touch()
    process = _start(path, repository, 0)
    try:
        async with open_journal(path) as journal:
            with anyio.fail_after(PATIENCE):
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


def _start(path: Path, repository: Path, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", MODULE, str(path), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository)


async def _make(path: Path) -> None:
    async with open_journal(path):
        pass


def _until(path: Path, number: int, *, events: int) -> None:
    """Wait until so many processes have stored so many events each, while the others go on."""
    deadline = time.monotonic() + PATIENCE
    counts = "SELECT substr(originator_id, 1, 27), count(*) FROM stored_events GROUP BY 1"
    stored: list[tuple[object, ...]] = []
    while sum(int(str(count)) >= events for _plan, count in stored) < number:
        assert time.monotonic() < deadline, f"only this was stored: {stored}"
        time.sleep(0.05)
        stored = _rows(path, counts)


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows
