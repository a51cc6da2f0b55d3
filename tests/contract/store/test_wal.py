"""The write-ahead log stays bounded, and is cut when a reader had kept it long."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from milepost.adapters.store.connections import FULL, connect
from milepost.adapters.store.journal import SqliteJournal, open_journal
from milepost.adapters.store.limits import StoreLimits, WalLimits

from .saves import draft, plan, step

pytestmark = pytest.mark.anyio
KIBIBYTE = 1024
SMALL = StoreLimits(
    wal=WalLimits(
        commits=1, least_pages=100, most_pages=200, reserved=0, most_bytes=1000 * KIBIBYTE
    )
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plans.db"


async def test_the_log_is_bounded_while_the_file_grows(path: Path) -> None:
    sizes = []
    async with open_journal(path, limits=SMALL) as journal:
        await journal.append(draft(plan()))
        for number in range(600):
            await journal.append(step(plan(), f"s{number}", output="x" * 2000))
            sizes.append(_size_of_log(path))
    assert max(sizes) < 1000 * KIBIBYTE
    assert _size(path) > 1000 * KIBIBYTE
    assert not path.with_name("plans.db-wal").exists()


async def test_a_reader_that_stays_lets_the_log_grow_until_it_goes(path: Path) -> None:
    async with open_journal(path, limits=SMALL) as journal:
        await journal.append(draft(plan()))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM stored_events").fetchone()
        await _write(journal, 0, 300)
        grown = _size_of_log(path)
        reader.execute("COMMIT")
        reader.close()
        await _write(journal, 300, 400)
        assert grown > 2000 * KIBIBYTE
        assert _size_of_log(path) < 1000 * KIBIBYTE


async def test_a_busy_process_makes_its_log_long_at_once_and_loses_nothing(path: Path) -> None:
    limits = StoreLimits(wal=WalLimits(reserved=3000 * KIBIBYTE))
    async with open_journal(path, limits=limits) as journal:
        await journal.append(draft(plan()))
        await _write(journal, 0, 40)
        assert _size_of_log(path) == 3000 * KIBIBYTE
        other = connect(path)
        assert other.execute("SELECT count(*) FROM stored_events").fetchone() == (82,)
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        other.close()


async def test_a_log_made_longer_takes_nothing_from_another_program_that_writes_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite, written = os.pwrite, []

    def meanwhile(file: int, data: bytes, place: int) -> int:
        monkeypatch.undo()
        with suppress(sqlite3.OperationalError):  # the file is locked
            for number in range(20):
                foreign.execute("INSERT INTO tracking VALUES (?, ?)", (f"{number}", number))
                written.append(number)
        return pwrite(file, data, place)

    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        foreign = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        with closing(foreign):
            monkeypatch.setattr(os, "pwrite", meanwhile)
            await _write(journal, 0, 40)
            assert os.pwrite is pwrite, "the log was not made longer"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = connection.execute("SELECT count(*) FROM tracking WHERE notification_id > -1")
        assert kept.fetchone()[0] == len(written) + 1


async def test_full_durability_is_in_force_on_every_connection(path: Path) -> None:
    async with open_journal(path) as journal:
        file = journal._file  # noqa: SLF001 - the promise is about what is inside
        with file.writer.exclusive() as writer, file.reader.connection() as reader:
            for connection in (writer, reader):
                assert connection.execute("PRAGMA synchronous").fetchone() == (FULL,)
                assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
                assert connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


async def _write(journal: SqliteJournal, first: int, last: int) -> None:
    for number in range(first, last):
        await journal.append(step(plan(), f"s{number}", output="x" * 500))


def _size_of_log(path: Path) -> int:
    return _size(path.with_name("plans.db-wal"))


def _size(path: Path) -> int:
    return path.stat().st_size
