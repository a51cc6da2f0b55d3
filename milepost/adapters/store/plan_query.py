"""The statement that lists plans by a filter, newest first, now or as of a moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from milepost.domain.choices import choice
from milepost.domain.ids import static_path, undone_path
from milepost.domain.plans import PlanStatus
from milepost.projections.codes import PLAN_CODES
from milepost.projections.reader import PlanFilter
from milepost.projections.rows import Label, Named

from .asking import Select
from .reads_moments import NEWEST

_COLUMNS = """(SELECT max(rowid) FROM stored_events),
  p.plan_no, p.id, p.revision, p.trace, p.status, p.started, p.ended, p.last, p.steps, p.active,
  p.completed, p.failed, p.skipped, p.cancelled"""
_STATUS_THEN = """(SELECT s.status FROM plan_states AS s
  WHERE s.plan_no = p.plan_no AND s.position <= ? ORDER BY s.position DESC LIMIT 1)"""
_HAS_LABEL = """EXISTS (SELECT 1 FROM plan_labels AS l WHERE l.label = ? AND l.word = ?
  AND l.plan_no = p.plan_no AND l.position <= ?)"""
_WITH_WORD = "(SELECT content_no FROM content_labels WHERE label = ? AND word = ?)"
_HAS_CONTENT = f"""CASE p.revision WHEN 1 THEN p.content_no IN {_WITH_WORD}
  ELSE EXISTS (SELECT 1 FROM plan_revisions AS r WHERE r.plan_no = p.plan_no
    AND r.position <= ? AND r.content_no IN {_WITH_WORD}) END"""  # noqa: S608 - constants
_HAS_TEXT = """(instr({fold}(p.id), ?) OR p.plan_no IN (
  SELECT plan_no FROM plan_labels WHERE label < ? AND instr({fold}(word), ?)))"""

_NAME = "rtrim(rtrim(own, replace(own, '@', '')), '@')"
"""What stands before the last `@`."""
_IS_OF_WORKFLOW = f"""(p.revision = 1 OR EXISTS (SELECT 1 FROM (
  SELECT json_extract(CAST(e.state AS TEXT), '$.workflow') AS own FROM plan_revisions AS r
  CROSS JOIN stored_events AS e ON e.rowid = r.position
  WHERE r.plan_no = p.plan_no AND r.position <= ? AND own IS NOT NULL
  ORDER BY r.number DESC LIMIT 1) WHERE ? IN (own, {_NAME})))"""  # noqa: S608 - constants
"""Plans are labelled with every workflow that they were of; the newest one told holds."""


@dataclass(slots=True)
class _Conditions:
    clauses: list[str] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)

    def add(self, clause: str, *parameters: object) -> None:
        self.clauses.append(clause)
        self.parameters += parameters


def plan_statement(
    plan_filter: PlanFilter, *, oldest: int, newest: int, until: int, limit: int
) -> Select:
    """Return the statement for plans whose numbers lie from `oldest` to `newest`, as of `until`.

    The rarest of the filter's words leads, so that few plans are looked at.
    """
    words = _words(plan_filter)
    conditions = _Conditions()
    if words:
        label, word = words.pop()
        source = "plan_labels AS first CROSS JOIN plans AS p ON p.plan_no = first.plan_no"
        number = "first.plan_no"
        conditions.add("first.label = ? AND first.word = ?", label, word)
        conditions.add("first.position <= ?", until)
    else:
        source, number = "plans AS p", "p.plan_no"
    conditions.add(f"{number} >= ? AND {number} <= ?", oldest, min(newest, until))
    for label, word in words:
        conditions.add(_HAS_LABEL, label, word, until)
    _add_the_rest(conditions, plan_filter, until)
    statement = f"""SELECT {_COLUMNS} FROM {source} WHERE {" AND ".join(conditions.clauses)}
      ORDER BY {number} DESC LIMIT ?"""  # noqa: S608 - constants and question marks
    return Select(statement, (*conditions.parameters, limit))


def _words(plan_filter: PlanFilter) -> list[tuple[Label, str]]:
    """Return the labels that a plan must have, usually rare ones last."""
    given = (
        (Label.NAME, plan_filter.name),
        (Label.WORKFLOW, plan_filter.workflow),
        (Label.USER, plan_filter.user),
        (Label.TAG, plan_filter.tag),
        (Label.SESSION, plan_filter.session),
        (Label.ERROR, plan_filter.error),
        (Label.PARENT, plan_filter.parent),
    )
    return [(label, word) for label, word in given if word is not None]


def _add_the_rest(conditions: _Conditions, plan_filter: PlanFilter, until: int) -> None:
    if plan_filter.status:
        statuses = [_status(status) for status in plan_filter.status]
        codes = ", ".join(str(PLAN_CODES[status]) for status in statuses)
        if until == NEWEST:
            conditions.add(f"{_status_column(plan_filter)} IN ({codes})")
        else:
            conditions.add(f"{_STATUS_THEN} IN ({codes})", until)
    if plan_filter.workflow is not None:
        conditions.add(_IS_OF_WORKFLOW, until, plan_filter.workflow)
    if plan_filter.tool is not None:
        _add_content(conditions, Named.TOOL, plan_filter.tool, until)
    if plan_filter.step is not None:
        path = undone_path(plan_filter.step) or plan_filter.step
        _add_content(conditions, Named.STEP, static_path(path), until)
    if plan_filter.text is not None:
        _add_text(conditions, plan_filter.text)


def _status(word: str) -> PlanStatus:
    return choice(word, PlanStatus, where="status", kind="statuses")


def _add_text(conditions: _Conditions, text: str) -> None:
    """Ask for a text in any case; SQLite's own `lower` is quicker, and knows only ASCII."""
    fold, folded = ("lower", text.lower()) if text.isascii() else ("folded", text.casefold())
    conditions.add(_HAS_TEXT.format(fold=fold), folded, Label.ERROR, folded)


def _add_content(conditions: _Conditions, label: Named, word: str, until: int) -> None:
    """Ask for a word that one of the plan's contents up to a position has."""
    conditions.add(_HAS_CONTENT, label, word, until, label, word)


def _status_column(plan_filter: PlanFilter) -> str:
    """Return the column of the status, with a plus where its index must not be used.

    It would have to sort all plans found by several statuses, and most plans are completed.
    """
    several = len(plan_filter.status) > 1
    return "+p.status" if several and PlanStatus.COMPLETED in plan_filter.status else "p.status"
