"""Inline rows, rebuilt rows and a fold written apart agree, whatever happened."""

import random
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.store import projection_rows
from milepost.domain.events import (
    PlanPaused,
    PlanRecovered,
    StepCompleted,
    StepFailed,
    StepReset,
    StepSkipped,
    StepStarted,
)
from milepost.projections import folding, plan_rows, step_rows
from milepost.projections.rows import PlanChange, StepChange

from .brute_force import expected_tables
from .legal_logs import LegalLog, legal_log
from .log_tables import LogTables, filled


def agrees(log: LegalLog) -> bool:
    """Tell whether the rows that commits leave are those of the fold written apart."""
    with closing(filled(log)) as tables:
        return tables.rows() == expected_tables(log.events, log.written)


@given(st.randoms(use_true_random=False), st.integers(1, 120))
def test_inline_rows_are_those_of_a_fold_written_apart(chance: random.Random, length: int) -> None:
    log = legal_log(chance.randrange, length=length)
    with closing(filled(log)) as tables:
        assert tables.rows() == expected_tables(log.events, log.written)


@given(st.randoms(use_true_random=False), st.integers(1, 120))
def test_rebuilt_tables_equal_the_live_ones_byte_for_byte(
    chance: random.Random, length: int
) -> None:
    log = legal_log(chance.randrange, length=length)
    with closing(filled(log)) as tables:
        live = tables.dump()
        tables.rebuild()
        assert tables.dump() == live


@given(st.randoms(use_true_random=False))
def test_how_events_are_cut_into_commits_makes_no_difference(chance: random.Random) -> None:
    log = legal_log(chance.randrange, length=60)
    with closing(filled(log)) as cut, closing(LogTables(log.contents)) as whole:
        whole.commit(log.events)
        assert cut.rows() == whole.rows()


def no_reset(step: StepChange, _plan: PlanChange, _position: int, _event: object) -> None:
    step.resets += 1


def counts_skips_as_failures(
    step: StepChange, plan: PlanChange, position: int, event: StepFailed
) -> None:
    step_rows.failed(step, plan, position, event)


def forgets_the_end(step: StepChange, plan: PlanChange, position: int, event: object) -> None:
    step_rows.completed(step, plan, position, event)
    step.ended = None


def first_attempt_only(
    step: StepChange, plan: PlanChange, position: int, event: StepStarted
) -> None:
    step_rows.started(step, plan, position, event)
    step.attempt = 1


@pytest.mark.parametrize(
    ("kind", "bug"),
    [
        (StepReset.kind, no_reset),
        (StepSkipped.kind, counts_skips_as_failures),
        (StepCompleted.kind, forgets_the_end),
        (StepStarted.kind, first_attempt_only),
    ],
)
def test_a_bug_planted_in_a_row_function_is_found(
    kind: str, bug: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1)  # noqa: S311 - only variety is wanted
    logs = [legal_log(chance.randrange, length=80) for _ in range(20)]
    assert all(agrees(log) for log in logs)
    monkeypatch.setitem(step_rows.STEP_ROWS, kind, bug)
    assert not all(agrees(log) for log in logs)


def test_a_status_lost_for_a_plan_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(2)  # noqa: S311 - only variety is wanted
    logs = [legal_log(chance.randrange, length=80) for _ in range(20)]
    monkeypatch.delitem(plan_rows.STATUS_AFTER, PlanPaused.kind)
    assert not all(agrees(log) for log in logs)


def test_an_iteration_counted_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)  # noqa: S311 - only variety is wanted
    logs = [legal_log(chance.randrange, length=80) for _ in range(20)]
    monkeypatch.setattr(projection_rows.TablePrior, "begun_below", lambda *_: ())
    assert not all(agrees(log) for log in logs)


def test_an_end_that_a_reopened_plan_keeps_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)  # noqa: S311 - only variety is wanted
    logs = [legal_log(chance.randrange, length=80) for _ in range(20)]
    assert all(agrees(log) for log in logs)
    monkeypatch.delitem(plan_rows.STATUS_AFTER, PlanRecovered.kind)
    assert not all(agrees(log) for log in logs)


def test_iterations_that_a_revision_changes_and_nobody_counts_anew_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(5)  # noqa: S311 - only variety is wanted
    logs = [legal_log(chance.randrange, length=120) for _ in range(30)]
    assert all(agrees(log) for log in logs)
    monkeypatch.setattr(projection_rows.TablePrior, "begun_in_loops", lambda *_: ())
    assert not all(agrees(log) for log in logs)


def test_steps_that_undo_others_and_are_counted_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(6)  # noqa: S311 - only variety is wanted
    logs = [legal_log(chance.randrange, length=80) for _ in range(20)]
    assert all(agrees(log) for log in logs)
    monkeypatch.setattr(folding, "undone_path", lambda _path: None)
    assert not all(agrees(log) for log in logs)


def test_the_row_functions_are_looked_up_where_the_bugs_are_planted() -> None:
    assert folding.STEP_ROWS is step_rows.STEP_ROWS
