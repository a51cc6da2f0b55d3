"""The checks of what plans share: contents, workflows, and rows and events that belong to none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import orjson

from milepost.domain.events import WorkflowPublished, WorkflowRetired
from milepost.domain.ids import plan_of
from milepost.projections.checks import Finding, Row, differences
from milepost.projections.rows import Named

from .bodies import key_of
from .check_plans import PlanChecks

_CONTENTS = "SELECT content_no, hash, steps, loops FROM contents"
_LABELS = "SELECT label, word, content_no FROM content_labels"
_WORKFLOW_EVENTS = """SELECT rowid, originator_id, originator_version, topic, state, time
  FROM stored_events WHERE topic GLOB 'workflow.*' ORDER BY rowid"""
_WORKFLOWS = "SELECT stream, version, content, published, retired FROM workflows"
_STREAMS = "SELECT DISTINCT originator_id FROM stored_events WHERE topic NOT GLOB 'workflow.*'"
_STRAY = "SELECT DISTINCT plan_no FROM {table} WHERE plan_no NOT IN (SELECT plan_no FROM plans)"
_TABLES_OF_PLANS = ("history", "steps", "plan_revisions", "plan_states", "plan_labels")
_OWNED = "SELECT plan FROM plan_owners"
_LABEL_NAMES = {int(label): label.name.lower() for label in Named}
Rows = dict[str, Row]


def check_contents(connection: sqlite3.Connection, plans: PlanChecks) -> Iterator[Finding]:
    """Compare what is kept about contents with the contents."""
    expected: Rows = {}
    labels: Rows = {}
    for hash_, content in plans.contents.items():
        facts = content.facts
        loops = orjson.dumps(facts.loops, option=orjson.OPT_SORT_KEYS).decode()
        expected[f"content {hash_}"] = {
            "content_no": content.number,
            "steps": facts.steps,
            "loops": loops if facts.loops else None,
        }
        for label, words in ((Named.TOOL, facts.tools), (Named.STEP, facts.names)):
            labels |= {_label(label, word, content.number): {} for word in words}
    found: Rows = {
        f"content sha256:{key.hex()}": {"content_no": number, "steps": steps, "loops": loops}
        for number, key, steps, loops in connection.execute(_CONTENTS)
    }
    yield from differences("contents", expected, found)
    there: Rows = {_label(*row): {} for row in connection.execute(_LABELS)}
    yield from differences("content_labels", labels, there)


def check_workflows(connection: sqlite3.Connection, plans: PlanChecks) -> Iterator[Finding]:
    """Compare the table of workflows with the events of their streams."""
    expected: dict[str, dict[str, object]] = {}
    for event_row in connection.execute(_WORKFLOW_EVENTS).fetchall():
        plans.events += 1
        position, event = plans.decoded(event_row)
        if isinstance(event, WorkflowPublished):
            plans.references[event.content] += 1
            row = {"content": key_of(event.content), "published": position, "retired": None}
            expected[f"{event.originator_id}@{event.version}"] = row
        elif isinstance(event, WorkflowRetired):
            retired = expected.get(f"{event.originator_id}@{event.version}")
            if retired is None:
                yield Finding("transitions", event.id, "a published version", "none")
            else:
                retired["retired"] = position
    found: Rows = {
        f"{stream}@{version}": {"content": content, "published": published, "retired": retired}
        for stream, version, content, published, retired in connection.execute(_WORKFLOWS)
    }
    yield from differences("workflows", expected, found)


def check_owners(connection: sqlite3.Connection, plans: PlanChecks) -> Iterator[Finding]:
    """Check that each plan has its row of ownership; who owns it, no event tells."""
    expected: Rows = {f"plan {plan}": {} for plan in plans.numbers}
    found: Rows = {f"plan {plan}": {} for (plan,) in connection.execute(_OWNED)}
    yield from differences("plan_owners", expected, found)


def check_strays(connection: sqlite3.Connection, plans: PlanChecks) -> Iterator[Finding]:
    """Find rows and events that belong to no plan that was drafted."""
    for (plan_id,) in connection.execute("SELECT id FROM plans"):
        if plan_id not in plans.numbers:
            yield Finding("plans", f"plan {plan_id}", "no row", "a row without a draft")
    for table in _TABLES_OF_PLANS:
        for (number,) in connection.execute(_STRAY.format(table=table)):
            yield Finding(table, f"plan number {number}", "no row", "rows without a plan")
    total = connection.execute("SELECT count(*) FROM stored_events").fetchone()[0]
    if plans.events != total:
        for (stream,) in connection.execute(_STREAMS):
            if plan_of(stream) not in plans.numbers:
                yield Finding("events", f"stream {stream}", "a draft of its plan", "none")


def _label(label: int, word: str, number: int) -> str:
    return f"content number {number} {_LABEL_NAMES.get(label, label)} {word!r}"
