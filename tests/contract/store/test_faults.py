"""A store file that cannot be opened, read or written: the right error, nothing pretended."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from milepost.adapters.store.inline import ProjectedRows
from milepost.adapters.store.journal import SqliteJournal, open_journal
from milepost.adapters.store.limits import CommitLimits, StoreLimits
from milepost.adapters.store.locks import COMMIT, open_locks
from milepost.adapters.store.open_reads import open_reads
from milepost.domain.errors import (
    StoreBusyError,
    StoreError,
    StoreFormatError,
    StoreFullError,
)
from milepost.engine.journal import Save, Stored
from milepost.projections.prior import KnownPlan

from .saves import draft, plan, started, step

pytestmark = pytest.mark.anyio
HASTY = StoreLimits(commits=CommitLimits(busy_timeout=1.0))
PATIENCE = 60.0
"""Seconds after which a save that should have failed counts as hung."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plans.db"


async def test_what_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    before = b"no database at all, only a long enough text" * 100
    _write(path, before)
    with pytest.raises(StoreFormatError, match=r"plans\.db: not a readable store"):
        async with open_journal(path):
            pass
    assert _read(path) == before
    assert [each.name for each in path.parent.iterdir()] == ["plans.db"]


async def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    _execute(path, "CREATE TABLE birds (name TEXT)")
    before = _read(path)
    with pytest.raises(StoreFormatError, match="another program"):
        async with open_journal(path):
            pass
    assert _read(path) == before
    assert [each.name for each in path.parent.iterdir()] == ["plans.db"]


async def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    async with open_journal(path):
        pass
    _execute(path, "PRAGMA user_version=99")
    with pytest.raises(StoreFormatError, match="newer version"):
        async with open_journal(path):
            pass


async def test_a_truncated_file_is_called_damaged(path: Path) -> None:
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        for number in range(300):
            await journal.append(step(plan(), f"s{number}", output="x" * 200))
    whole = _read(path)
    _write(path, whole[: len(whole) // 3])
    with pytest.raises(StoreFormatError, match="restore a backup"):
        async with open_journal(path) as journal:
            await journal.plan_events(plan())


@pytest.mark.parametrize("name", ["missing/plans.db", "."])
async def test_a_path_that_cannot_be_a_file_is_explained(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match=r"does not exist|a folder"):
        async with open_journal(tmp_path / name):
            pass


async def test_what_is_neither_a_file_nor_a_folder_is_named_and_left_alone(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(StoreFormatError, match=r"plans\.db: a device or a pipe"):
        async with open_journal(path):
            pass
    assert [each.name for each in path.parent.iterdir()] == ["plans.db"]


@pytest.mark.parametrize("table", ["stored_events", "body_data"])
async def test_a_store_without_one_of_its_tables_is_called_damaged(path: Path, table: str) -> None:
    async with open_journal(path):
        pass
    _execute(path, f"DROP TABLE {table}")
    for opened in (open_journal(path), open_reads(path)):
        with pytest.raises(StoreFormatError, match=rf"the table {table} is missing.*backup"):
            async with opened:
                pass


async def test_a_full_store_acknowledges_nothing_and_goes_on_when_there_is_room(
    path: Path,
) -> None:
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        _limit_pages(journal, 60)
        kept = 0
        with pytest.raises(StoreFullError, match="free space"):  # noqa: PT012 - some save fails
            while kept < 1000:
                await journal.append(step(plan(), f"s{kept}", output="x" * 500))
                kept += 1
        assert len(await journal.plan_events(plan())) == 2 + 2 * kept
        _limit_pages(journal, 1_000_000)
        assert await journal.append(step(plan(), f"s{kept}")) == 4 + 2 * kept


async def test_a_file_locked_by_another_program_for_a_moment_is_waited_for(path: Path) -> None:
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        with _locked_by_another_program(path, seconds=0.2):
            assert await journal.append(step(plan(), "a")) == 4


async def test_a_file_locked_by_another_program_for_long_fails_the_save_alone(path: Path) -> None:
    async with open_journal(path, limits=HASTY) as journal:
        await journal.append(draft(plan()))
        with _locked_by_another_program(path, seconds=PATIENCE):
            with pytest.raises(StoreBusyError, match="locked"):
                await journal.append(step(plan(), "a"))
            assert len(await journal.plan_events(plan())) == 2
        assert await journal.append(step(plan(), "a")) == 4


async def test_a_process_that_stops_in_mid_commit_fails_the_others_saves(
    path: Path,
) -> None:
    async with open_journal(path, limits=HASTY) as journal:
        await journal.append(draft(plan()))
        stopped = open_locks(path.with_name("plans.db-lock"))
        stopped.lock(COMMIT)
        with anyio.fail_after(PATIENCE), pytest.raises(StoreBusyError, match="locked"):
            await journal.append(step(plan(), "a"))
        stopped.close()
        assert await journal.append(step(plan(), "a")) == 4


async def test_opening_waits_for_another_program_that_holds_the_file_for_a_moment(
    path: Path,
) -> None:
    async with open_journal(path):
        pass
    with _locked_by_another_program(path, seconds=0.2):
        async with open_journal(path) as journal:
            assert await journal.last_position() == 0


async def test_opening_waits_no_longer_than_the_limit(path: Path) -> None:
    async with open_journal(path):
        pass
    stopped = open_locks(path.with_name("plans.db-lock"))
    stopped.lock(COMMIT)
    with pytest.raises(StoreBusyError, match="locked"):
        async with open_journal(path, limits=HASTY):
            pass
    stopped.close()
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))


class FailingRows(ProjectedRows):
    """Inline rows that cannot be written for one step."""

    def write(
        self, connection: sqlite3.Connection, stored: Sequence[Stored], plans: dict[str, KnownPlan]
    ) -> None:
        super().write(connection, stored, plans)
        if any(one.event.originator_id.endswith(".bad") for one in stored):
            raise KeyError("bad")


async def test_rows_that_cannot_be_made_fail_their_own_save_and_leave_nothing(path: Path) -> None:
    failed: list[str] = []

    async def add(journal: SqliteJournal, name: str) -> None:
        try:
            await journal.append(Save(plan(), [started(plan(), name)], fence=1))
        except StoreError as error:
            failed.append(name)
            assert "could not be made" in str(error)  # noqa: PT017 - one of many tasks

    names = ["a", "b", "bad", "c", "d"]
    async with open_journal(path, inline=FailingRows()) as journal:
        await journal.append(draft(plan()))
        async with anyio.create_task_group() as tasks:
            for name in names:
                tasks.start_soon(add, journal, name)
        stored = await journal.plan_events(plan())
    assert failed == ["bad"]
    assert [one.position for one in stored] == [1, 2, 3, 4, 5, 6]
    rows = _rows(path, "SELECT path FROM steps ORDER BY path")
    assert rows == [("a",), ("b",), ("c",), ("d",)]
    assert _rows(path, "SELECT count(*) FROM history") == [(6,)]


class FullDisk(FailingRows):
    """Inline rows that find the disk full once, at one step."""

    is_full = True

    def write(
        self, connection: sqlite3.Connection, stored: Sequence[Stored], plans: dict[str, KnownPlan]
    ) -> None:
        super().write(connection, stored, plans)
        if self.is_full and any(one.event.originator_id.endswith(".full") for one in stored):
            self.is_full = False
            error = sqlite3.OperationalError("full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # it starts tasks in their order
async def test_nothing_is_remembered_of_a_plan_whose_draft_was_undone(path: Path) -> None:
    refused: list[type[StoreError]] = []

    async def add(journal: SqliteJournal, save: Save) -> None:
        try:
            await journal.append(save)
        except StoreError as error:
            refused.append(type(error))

    steps = [Save(plan(1), [started(plan(1), name)], fence=1) for name in ("a", "bad", "full")]
    async with open_journal(path, inline=FullDisk()) as journal:
        async with anyio.create_task_group() as tasks:
            for save in (draft(plan(1)), *steps):
                tasks.start_soon(add, journal, save)
        for save in (draft(plan(2)), draft(plan(1)), steps[0]):
            await journal.append(save)
    assert refused == [StoreFullError] * 4
    assert _rows(path, "SELECT id, plan_no FROM plans ORDER BY plan_no") == [
        (plan(2), 1),
        (plan(1), 3),
    ]
    assert _rows(path, "SELECT plan_no FROM history ORDER BY position") == [(1,), (1,), *[(3,)] * 3]


def _limit_pages(journal: SqliteJournal, number: int) -> None:
    """Let the file grow to so many pages: SQLite then reports a full disk."""
    with journal._file.writer.exclusive() as connection:  # noqa: SLF001 - a full disk, made here
        connection.execute(f"PRAGMA max_page_count={number}").fetchone()


@contextmanager
def _locked_by_another_program(path: Path, *, seconds: float) -> Iterator[None]:
    """Hold SQLite's own lock, without ours, while the block runs, at most so long."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    done = threading.Event()

    def let_go() -> None:
        done.wait(seconds)
        connection.execute("ROLLBACK")

    thread = threading.Thread(target=let_go)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        connection.close()


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows
