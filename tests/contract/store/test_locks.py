"""Locks between openings and between processes, both ways that they are made."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from milepost.adapters.store.locks import (
    COMMIT,
    FIRST_OWNER,
    TURN,
    ByteLocks,
    FileLocks,
    RegionLocks,
    open_locks,
)

OpenLocks = Callable[[], RegionLocks]
REGIONS = [TURN, COMMIT, FIRST_OWNER, FIRST_OWNER + 2**56 - 1]


@pytest.fixture(params=[ByteLocks, FileLocks])
def kind(request: pytest.FixtureRequest) -> type[ByteLocks] | type[FileLocks]:
    return request.param


@pytest.fixture
def opened(kind: type[ByteLocks] | type[FileLocks], tmp_path: Path) -> OpenLocks:
    return lambda: kind(tmp_path / "lock")


@pytest.mark.parametrize("region", REGIONS)
def test_two_openings_in_one_process_exclude_each_other(opened: OpenLocks, region: int) -> None:
    first, second = opened(), opened()
    assert first.try_lock(region)
    assert not second.try_lock(region)
    assert second.held_elsewhere(region)
    assert not first.held_elsewhere(region)
    first.unlock(region)
    assert not second.held_elsewhere(region)
    assert second.try_lock(region)
    first.close()
    second.close()


def test_regions_do_not_hinder_each_other(opened: OpenLocks) -> None:
    first, second = opened(), opened()
    assert all(first.try_lock(region) for region in REGIONS[:2])
    assert all(second.try_lock(region) for region in REGIONS[2:])
    first.close()
    second.close()


def test_closing_gives_everything_back_and_may_be_done_twice(opened: OpenLocks) -> None:
    first, second = opened(), opened()
    first.lock(COMMIT)
    first.lock(FIRST_OWNER)
    first.close()
    first.close()
    assert second.try_lock(COMMIT)
    assert not second.held_elsewhere(FIRST_OWNER)
    second.close()


def test_closing_one_opening_leaves_the_locks_of_another(opened: OpenLocks) -> None:
    first, second, third = opened(), opened(), opened()
    first.lock(COMMIT)
    second.close()
    assert not third.try_lock(COMMIT)
    first.close()
    third.close()


def test_waiting_ends_when_the_holder_lets_go(opened: OpenLocks) -> None:
    first, second = opened(), opened()
    first.lock(COMMIT)
    got = threading.Event()

    def wait() -> None:
        second.lock(COMMIT)
        got.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not got.wait(0.05)
    first.unlock(COMMIT)
    assert got.wait(60)
    thread.join()
    first.close()
    second.close()


def test_a_killed_process_holds_nothing(
    kind: type[ByteLocks] | type[FileLocks], opened: OpenLocks, tmp_path: Path
) -> None:
    script = (
        "import sys, time, pathlib; from milepost.adapters.store.locks import *;"
        f"locks = {kind.__name__}(pathlib.Path(sys.argv[1]));"
        "locks.lock(COMMIT); locks.lock(FIRST_OWNER); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        locks = opened()
        assert not locks.try_lock(COMMIT)
        assert locks.held_elsewhere(FIRST_OWNER)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not locks.held_elsewhere(FIRST_OWNER)
        assert locks.try_lock(COMMIT)
        locks.close()


def test_the_best_kind_is_chosen_for_the_system(tmp_path: Path) -> None:
    locks = open_locks(tmp_path / "lock")
    expected = ByteLocks if sys.platform == "linux" else FileLocks
    assert isinstance(locks, expected)
    locks.close()
