"""A plan's rows by their fields: as the tables hold them, and as the row functions make them."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

from milepost.domain.plans import PlanStatus
from milepost.projections.checks import PlanFacts, Row, StepFacts
from milepost.projections.codes import KIND_CODES, PLAN_STATUSES, STEP_STATUSES
from milepost.projections.rows import Label, Rows

TableRows = dict[str, dict[str, Row]]
"""For each table, its rows by what they are about."""

_KINDS = {code: kind for kind, code in KIND_CODES.items()}
_LABEL_NAMES = {int(label): label.name.lower() for label in Label}
_PLAN_FIELDS = (
    *(
        "plan_no",
        "content_no",
        "revision",
        "trace",
        "status",
        "started",
        "ended",
        "last",
        "steps",
        "active",
    ),
    *("completed", "failed", "skipped", "cancelled"),
)
_PLAN = f"SELECT {', '.join(_PLAN_FIELDS)} FROM plans WHERE id = ?"  # noqa: S608 - its columns
_HISTORY = "SELECT position, kind FROM history WHERE plan_no = ?"
_STEPS = """SELECT path, status, attempt, activation, started, ended, last
  FROM steps WHERE plan_no = ?"""
_REVISIONS = "SELECT number, position, content_no FROM plan_revisions WHERE plan_no = ?"
_STATES = "SELECT position, status FROM plan_states WHERE plan_no = ?"
_LABELS = "SELECT plan_no, label, word, position FROM plan_labels ORDER BY plan_no"


class LiveRows:
    """Reads the rows of one plan after another, by ascending number."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._labels = groupby(connection.execute(_LABELS), key=itemgetter(0))
        self._next: tuple[int, list[tuple[int, str, int]]] = (0, [])

    def of(self, plan_id: str, number: int) -> TableRows:
        """Return what the tables hold about a plan; `number` is the position of its draft."""
        labels = self._labels_of(number)
        return _live_rows(self._connection, plan_id, number, labels)

    def _labels_of(self, number: int) -> list[tuple[int, str, int]]:
        """Return a plan's labels from the one pass over all: no index finds them by plan."""
        while self._next[0] < number:
            plan, rows = next(self._labels, (sys.maxsize, ()))
            self._next = (plan, [(label, word, position) for _, label, word, position in rows])
        return self._next[1] if self._next[0] == number else []


def _live_rows(
    connection: sqlite3.Connection,
    plan_id: str,
    number: int,
    labels: list[tuple[int, str, int]],
) -> TableRows:
    name = f"plan {plan_id}"

    def rows(query: str, named: Callable[..., tuple[str, Row]]) -> dict[str, Row]:
        return dict(named(*row) for row in connection.execute(query, (number,)))

    plans = connection.execute(_PLAN, (plan_id,)).fetchall()
    return {
        "plans": {name: _plan(plans[0])} if plans else {},
        "history": rows(_HISTORY, lambda at, kind: _history(name, at, _KINDS.get(kind, kind))),
        "steps": rows(_STEPS, lambda path, *row: (f"step {plan_id}.{path}", _step(*row))),
        "plan_revisions": rows(_REVISIONS, lambda *row: _revision(name, *row)),
        "plan_states": rows(_STATES, lambda at, code: _state(name, at, _plan_status(code))),
        "plan_labels": dict(_label(name, *label) for label in labels),
    }


def folded_rows(rows: Rows, plan_id: str) -> TableRows:
    """Return the rows that row functions made of all events of one plan."""
    name = f"plan {plan_id}"
    steps = {
        f"step {plan_id}.{path}": _step(
            step.status, step.attempt, step.resets, step.started, step.ended, step.last
        )
        for (_number, path), step in rows.steps.items()
    }
    labels = [_label(name, label, word, at) for (label, word, _n), at in rows.labels.items()]
    return {
        "plans": {name: _drafted(rows)},
        "history": dict(_history(name, at, _KINDS[code]) for _n, at, code in rows.history),
        "steps": steps,
        "plan_revisions": dict(_revision(name, *row) for _n, *row in rows.revisions),
        "plan_states": dict(_state(name, at, status) for _n, at, status in rows.states),
        "plan_labels": dict(labels),
    }


def fact_rows(plan_id: str, plan: PlanFacts, steps: dict[str, StepFacts]) -> TableRows:
    """Return what the aggregates say about a plan, as rows with the fields that they know."""
    return {
        "plans": {f"plan {plan_id}": plan._asdict()},
        "steps": {f"step {plan_id}.{path}": facts._asdict() for path, facts in steps.items()},
    }


def _drafted(rows: Rows) -> Row:
    draft = rows.drafts[0]
    change = rows.plans[draft.plan]
    return {
        "plan_no": draft.plan,
        "content_no": change.content,
        "revision": change.revision,
        "trace": draft.trace,
        "status": change.status or PlanStatus.READY,
        "started": change.started,
        "ended": change.ended,
        "last": change.last,
        "steps": draft.steps + change.steps,
        "active": change.active,
        "completed": change.completed,
        "failed": change.failed,
        "skipped": change.skipped,
        "cancelled": change.cancelled,
    }


def _plan(row: tuple[Any, ...]) -> Row:
    found = dict(zip(_PLAN_FIELDS, row, strict=True))
    return found | {"status": _plan_status(found["status"])}


def _step(*row: Any) -> Row:  # noqa: ANN401 - a row's fields
    names = ("status", "attempt", "activation", "started", "ended", "last")
    found = dict(zip(names, row, strict=True))
    status = found["status"]
    return found | {"status": STEP_STATUSES.get(status, status)}


def _history(name: str, position: int, kind: object) -> tuple[str, Row]:
    return f"{name} position {position}", {"kind": kind}


def _revision(name: str, number: int, position: int, content_no: int) -> tuple[str, Row]:
    return f"{name} revision {number}", {"position": position, "content_no": content_no}


def _state(name: str, position: int, status: object) -> tuple[str, Row]:
    return f"{name} position {position}", {"status": status}


def _label(name: str, label: int, word: str, position: int) -> tuple[str, Row]:
    return f"{name} {_LABEL_NAMES.get(label, label)} {word!r}", {"position": position}


def _plan_status(code: int) -> object:
    return PLAN_STATUSES.get(code, code)
