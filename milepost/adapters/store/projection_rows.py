"""Reads what the row functions ask of the tables, and writes the rows that they give."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import orjson

from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash
from milepost.projections.codes import PLAN_CODES, STEP_CODES, STEP_STATUSES
from milepost.projections.contents import ContentFacts
from milepost.projections.folding import fold
from milepost.projections.prior import KnownContent, KnownPlan, Placed
from milepost.projections.rows import (
    ContentRow,
    DraftRow,
    Named,
    PlanChange,
    RevisionRow,
    Rows,
    StepChange,
    WorkflowRow,
)

from .bodies import key_of
from .body_rows import body_in
from .many import insert_many

_READY = PLAN_CODES[PlanStatus.READY]
_HISTORY = "INSERT INTO history"
_STEPS = (
    "INSERT INTO steps",
    """ON CONFLICT (plan_no, path) DO UPDATE SET status = excluded.status,
      attempt = iif(excluded.attempt OR excluded.activation, excluded.attempt, attempt),
      started = iif(excluded.activation, excluded.started, coalesce(started, excluded.started)),
      activation = activation + excluded.activation,
      ended = excluded.ended, last = excluded.last""",
)
_COUNTERS = (
    """UPDATE plans SET last = new.column2, active = active + new.column3,
      completed = completed + new.column4, failed = failed + new.column5,
      skipped = skipped + new.column6, cancelled = cancelled + new.column7
      FROM (""",
    ") AS new WHERE plan_no = new.column1",
)
_ONE_PLAN = """UPDATE plans SET last = ?, active = active + ?, completed = completed + ?,
  failed = failed + ?, skipped = skipped + ?, cancelled = cancelled + ? WHERE plan_no = ?"""
_LIFECYCLE = """UPDATE plans SET status = coalesce(?, status), started = coalesce(?, started),
  ended = iif(? IS NULL, ended, ?), steps = steps + ? WHERE plan_no = ?"""
_DRAFT = "INSERT INTO plans (plan_no, id, content_no, steps, trace, status, last)"
_STATE = "INSERT INTO plan_states"
_REVISION = "INSERT INTO plan_revisions"
_REVISED = "UPDATE plans SET revision = ?, content_no = ? WHERE plan_no = ?"
_LABEL = ("INSERT INTO plan_labels", "ON CONFLICT DO NOTHING")
_CONTENT = "INSERT INTO contents VALUES (?, ?, ?, ?)"
_CONTENT_LABEL = "INSERT INTO content_labels"
_BEGUN = f"""SELECT path FROM steps
  WHERE status <> {STEP_CODES[StepStatus.PENDING]} AND path NOT GLOB '*~undo' AND plan_no = ?"""  # noqa: S608 - a number
_BEGUN_BELOW = f"{_BEGUN} AND path > ? AND path < ?"
_BEGUN_IN_LOOPS = f"{_BEGUN} AND instr(path, '[')"
_PUBLISHED = """INSERT INTO workflows VALUES (?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE
  SET content = excluded.content, published = excluded.published, retired = NULL"""
_RETIRED = "UPDATE workflows SET retired = ? WHERE stream = ? AND version = ?"


def write_inline(
    connection: sqlite3.Connection, batch: Iterable[Placed], plans: dict[str, KnownPlan]
) -> None:
    """Write the rows of a batch of new events inside the open transaction.

    `plans` remembers what was found out about plans. Raises `UnknownNameError` for an event of a
    plan that was never drafted.
    """
    rows = fold(batch, TablePrior(connection, plans))
    write(connection, rows)
    for plan in rows.revised:
        plans.pop(plan, None)


def write(connection: sqlite3.Connection, rows: Rows) -> None:
    """Write rows table by table."""
    for workflow in rows.workflows:
        _write_workflow(connection, workflow)
    for content in rows.contents:
        _write_content(connection, content)
    insert_many(connection, _DRAFT, [_draft_row(draft) for draft in rows.drafts])
    states = [(plan, position, PLAN_CODES[status]) for plan, position, status in rows.states]
    insert_many(connection, _STATE, states)
    labels = [(*key, position) for key, position in rows.labels.items()]
    insert_many(connection, _LABEL[0], labels, _LABEL[1])
    insert_many(connection, _HISTORY, rows.history)
    steps = [_step_row(*item) for item in rows.steps.items()]
    insert_many(connection, _STEPS[0], steps, _STEPS[1])
    _write_plans(connection, rows.plans.values())
    if rows.revisions:
        _write_revisions(connection, rows.revisions)


def _write_revisions(connection: sqlite3.Connection, revisions: Sequence[RevisionRow]) -> None:
    insert_many(connection, _REVISION, revisions)
    for revision in revisions:
        parameters = (revision.number, revision.content, revision.plan)
        connection.execute(_REVISED, parameters)


def _write_plans(connection: sqlite3.Connection, plans: Collection[PlanChange]) -> None:
    counters = [_counters(plan) for plan in plans]
    if len(counters) == 1:
        number, *values = counters[0]
        connection.execute(_ONE_PLAN, (*values, number))
    else:
        insert_many(connection, _COUNTERS[0], counters, _COUNTERS[1])
    for plan in plans:
        if plan.status is not None or plan.steps:
            status = plan.status and PLAN_CODES[plan.status]
            change = (status, plan.started, status, plan.ended, plan.steps, plan.number)
            connection.execute(_LIFECYCLE, change)


def _draft_row(draft: DraftRow) -> Sequence[object]:
    number, plan_id, content_no, steps, trace = draft
    return number, plan_id, content_no, steps, trace, _READY, number


def _step_row(key: tuple[int, str], step: StepChange) -> Sequence[object]:
    plan_no, path = key
    status = STEP_CODES[step.status]
    return plan_no, path, status, step.attempt, step.resets, step.started, step.ended, step.last


def _counters(plan: PlanChange) -> Sequence[object]:
    ends = (plan.completed, plan.failed, plan.skipped, plan.cancelled)
    return plan.number, plan.last, plan.active, *ends


def _write_content(connection: sqlite3.Connection, row: ContentRow) -> None:
    facts = row.facts
    loops = orjson.dumps(facts.loops, option=orjson.OPT_SORT_KEYS).decode() if facts.loops else None
    connection.execute(_CONTENT, (row.number, key_of(row.content), facts.steps, loops))
    for label, words in ((Named.TOOL, facts.tools), (Named.STEP, facts.names)):
        insert_many(
            connection, _CONTENT_LABEL, [(label, word, row.number) for word in sorted(words)]
        )


def _write_workflow(connection: sqlite3.Connection, row: WorkflowRow) -> None:
    if row.content is None:
        connection.execute(_RETIRED, (row.position, row.stream, row.version))
    else:
        parameters = (row.stream, row.version, key_of(row.content), row.position)
        connection.execute(_PUBLISHED, parameters)


def facts_in(steps: int, loops: str | None) -> ContentFacts:
    """Return what a row of `contents` says of a content."""
    return ContentFacts(steps, orjson.loads(loops) if loops else {})


class TablePrior:
    """Answers from the tables as they stand inside the open transaction.

    What was found out about plans is remembered in `plans`, until they are revised.
    """

    def __init__(self, connection: sqlite3.Connection, plans: dict[str, KnownPlan]) -> None:
        self._connection = connection
        self._plans = plans

    def plan(self, plan_id: str) -> KnownPlan | None:
        """Return a plan's number, content and revision, None if it was never drafted."""
        known = self._plans.get(plan_id)
        if known is None:
            row = self._first(
                "SELECT plan_no, content_no, revision FROM plans WHERE id = ?", plan_id
            )
            if row:
                known = self._plans[plan_id] = KnownPlan(*row)
        return known

    def step(self, plan: int, path: str) -> StepStatus:
        """Return a step's status, `pending` if it never moved."""
        row = self._first("SELECT status FROM steps WHERE plan_no = ? AND path = ?", plan, path)
        return STEP_STATUSES[row[0]] if row else StepStatus.PENDING

    def begun_below(self, plan: int, place: str) -> Iterator[str]:
        """Yield the steps in a loop's iteration that began and were not reset since."""
        rows = self._connection.execute(_BEGUN_BELOW, (plan, f"{place}.", f"{place}/"))
        yield from (path for (path,) in rows)

    def begun_in_loops(self, plan: int) -> Iterator[str]:
        """Yield those of all iterations and cases."""
        yield from (path for (path,) in self._connection.execute(_BEGUN_IN_LOOPS, (plan,)))

    def content(self, content: ContentHash) -> KnownContent | None:
        """Return a content that was used before."""
        row = self._first("SELECT content_no, steps FROM contents WHERE hash = ?", key_of(content))
        return KnownContent(*row) if row else None

    def facts(self, content: int) -> ContentFacts:
        """Return the number of steps and the loops of the content of that number."""
        row = self._first("SELECT steps, loops FROM contents WHERE content_no = ?", content)
        return facts_in(*row) if row else ContentFacts()

    def body(self, content: ContentHash) -> bytes | None:
        """Return a content's bytes, None if they are not stored."""
        return body_in(self._connection, content)

    def _first(self, query: str, *parameters: object) -> Any:  # noqa: ANN401 - a row has no type
        return self._connection.execute(query, parameters).fetchone()
