"""The oracle has eyes: every forgery of a good record is found, under the right number."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from .invariants import violations
from .ledger import Ledger, read_ledger
from .record import Line
from .scene import Scene

pytestmark = [pytest.mark.chaos]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = Scene.new(tmp_path_factory.mktemp("oracle"))
    assert scene.live() == 0
    assert scene.problems() == []
    assert scene.problems_at_the_end() == []
    return scene


@pytest.fixture
def forged(finished: Scene, tmp_path: Path) -> Scene:
    return Scene(Path(shutil.copytree(finished.folder, tmp_path / "forged")))


FORGERIES = {
    "the last event is gone": (
        "I1",
        "DELETE FROM stored_events WHERE rowid = (SELECT max(rowid) FROM stored_events)",
    ),
    "an event is gone": ("I5", "DELETE FROM stored_events WHERE rowid = 40"),
    "a time runs back": ("I5", "UPDATE stored_events SET time = time - 100000000 WHERE rowid = 40"),
    "a cause is nowhere": (
        "I2",
        """UPDATE stored_events SET state = '{"c":".nowhere#1"}'
          WHERE originator_id LIKE '%.last' AND originator_version = 1""",
    ),
    "a step completes twice": (
        "I4",
        """INSERT INTO stored_events (originator_id, originator_version, topic, state, time)
          SELECT originator_id, originator_version + 1, topic, state,
            (SELECT max(time) FROM stored_events)
          FROM stored_events WHERE originator_id LIKE '%.last' AND topic GLOB '*completed*'""",
    ),
    "a completion is a failure": (
        "I6",
        """UPDATE stored_events SET topic = 'step.failed.v1'
          WHERE originator_id LIKE '%.chain.c6' AND topic GLOB '*completed*'""",
    ),
    "a step's row lies": ("I6", "UPDATE steps SET status = 6 WHERE path = 'last'"),
    "a plan's counter lies": ("I6", "UPDATE plans SET completed = completed - 1"),
    "a result is another": (
        "I3",
        """UPDATE stored_events
          SET state = replace(state, '"output":107', '"output":108')""",
    ),
    "a dependency is not met": (
        "I9",
        """UPDATE body_data SET data = replace(
          data, '"depends_on":[{"step":"c1"}]', '"depends_on":[{"step":"c6"}]')""",
    ),
    "there are too many slots": (
        "I9",
        """UPDATE body_data SET data = replace(
          data, '"max_parallel_steps":3', '"max_parallel_steps":2')""",
    ),
}
"""What is forged, the number under which it must be found, and how it is done."""


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_log_is_found(name: str, forged: Scene) -> None:
    number, statement = FORGERIES[name]
    with closing(sqlite3.connect(forged.store)) as connection:
        assert connection.execute(statement).rowcount >= 1
        connection.commit()
    assert any(problem.startswith(number) for problem in forged.problems()), forged.problems()


def test_a_step_whose_end_was_never_stored_is_found(finished: Scene) -> None:
    record = finished.record()
    kept = [line for line in record.lines if not _is_end_of(line, "spread.s3")]
    record.lines = [replace(line, position=at) for at, line in enumerate(kept, 1)]
    found = violations(record, read_ledger(finished.ledger))
    assert any("while spread.s3 is running" in problem for problem in found), found


def _is_end_of(line: Line, path: str) -> bool:
    return line.path == path and line.kind == "step.completed.v1"


def test_a_call_that_is_made_twice_is_found(forged: Scene) -> None:
    call = read_ledger(forged.ledger, "call")[-1]
    Ledger(forged.ledger).note(**call)
    assert any(problem.startswith("I3") for problem in forged.problems())


def test_a_call_that_was_never_started_is_found(forged: Scene) -> None:
    call = read_ledger(forged.ledger, "call")[-1]
    Ledger(forged.ledger).note(**{**call, "attempt": 2})
    assert any(problem.startswith("I1") for problem in forged.problems())


def test_a_second_effect_is_found(forged: Scene) -> None:
    effect = read_ledger(forged.ledger, "effect")[-1]
    Ledger(forged.ledger).note(**effect)
    assert any(problem.startswith("I3") for problem in forged.problems())


def test_a_damaged_file_is_found(forged: Scene) -> None:
    with forged.store.open("r+b") as file:
        file.seek(forged.store.stat().st_size // 2)
        file.write(bytes(4096))
    assert any(problem.startswith("I18") for problem in forged.problems())
