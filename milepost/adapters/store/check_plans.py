"""The checks of each plan: its events can be read and follow each other, and its rows are right."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from eventsourcing.domain import EventSourcingError
from pydantic import ValidationError as PydanticValidationError

from milepost.domain.errors import MilepostError, StoreFormatError
from milepost.domain.events import Event, PlanDrafted
from milepost.domain.plans import PlanSpec
from milepost.domain.values import ContentHash
from milepost.engine.journal import Stored
from milepost.projections.beginning import Beginning
from milepost.projections.checks import Finding, PlanFold, differences
from milepost.projections.contents import ContentFacts, facts_of
from milepost.projections.folding import fold
from milepost.projections.prior import KnownContent

from .bodies import key_of
from .check_rows import LiveRows, fact_rows, folded_rows
from .codec import Codec, Row
from .kinds import Kinds

_EVENTS = """SELECT rowid, originator_id, originator_version, topic, state, time
  FROM stored_events WHERE originator_id = ?1
    OR (originator_id > ?1 || '!' AND originator_id < ?1 || '"')
    OR (originator_id > ?1 || '.' AND originator_id < ?1 || '/')
  ORDER BY rowid"""
_DRAFTS = """SELECT rowid, originator_id FROM stored_events
  WHERE topic GLOB 'plan.drafted.*' ORDER BY rowid"""
_BODY = "SELECT data FROM body_data WHERE hash = ?"
_MARK = b'{"@":'
UNREADABLE = (MilepostError, PydanticValidationError, ValueError, KeyError, TypeError)
"""What a row that somebody changed can make of reading it."""


class Content:
    """A content that plans use: its number, its facts, and the plan as written."""

    def __init__(self, number: int, body: bytes) -> None:
        self.number = number
        self.facts: ContentFacts = facts_of(body)
        self.spec = PlanSpec.model_validate_json(body)


class PlanChecks:
    """Checks every plan, and remembers what the checks of shared things need."""

    def __init__(self, connection: sqlite3.Connection, kinds: Kinds) -> None:
        self._connection = connection
        self._codec = Codec(kinds, self.body)
        self._live = LiveRows(connection)
        self.numbers: dict[str, int] = {}
        self.events = 0
        self.references: Counter[ContentHash] = Counter()
        self.contents: dict[ContentHash, Content] = {}

    def findings(self) -> Iterator[Finding]:
        """Check the plans, oldest first."""
        for number, plan_id in self._connection.execute(_DRAFTS).fetchall():
            self.numbers[plan_id] = number
            yield from self._check_plan(number, plan_id)

    def body(self, content: ContentHash) -> bytes:
        """Return a body; raise `StoreFormatError` if there is none."""
        row = self._connection.execute(_BODY, (key_of(content),)).fetchone()
        if row is None:
            raise StoreFormatError(f"the body {content} is missing")
        data: bytes = row[0]
        return data

    def decoded(self, row: tuple[Any, ...]) -> Stored:
        """Return the event of a row; raise `StoreFormatError` if it cannot be read."""
        return Stored(row[0], self._codec.decode(Row(*row[1:])))

    def _check_plan(self, number: int, plan_id: str) -> Iterator[Finding]:
        rows = self._connection.execute(_EVENTS, (plan_id,)).fetchall()
        self.events += len(rows)
        try:
            events = [self.decoded(row) for row in rows]
            content = self._content(number, events[0].event)
            self._count_references(rows)
        except UNREADABLE as error:
            yield Finding("events", f"plan {plan_id}", "events and a content to read", str(error))
            return
        yield from self._check_causes(events)
        folded = PlanFold(plan_id)
        for stored in events:
            try:
                folded.add(stored)
            except (MilepostError, EventSourcingError, ValueError) as error:
                yield Finding("transitions", stored.event.id, "a move that is legal", str(error))
                return
        yield from self._check_rows(number, events, content, folded)

    def _check_rows(
        self, number: int, events: list[Stored], content: Content, folded: PlanFold
    ) -> Iterator[Finding]:
        """Compare a plan's rows with the row functions, and both with the aggregates."""
        plan_id = folded.plan.id
        live = self._live.of(plan_id, number)
        prior = Beginning(KnownContent(content.number, content.facts.steps), content.facts.loops)
        expected = folded_rows(fold(events, prior), plan_id, content.number)
        facts = fact_rows(plan_id, folded.facts(content.spec), folded.steps)
        for table, rows in live.items():
            found = list(differences(table, expected[table], rows))
            yield from found
            told = {finding.where for finding in found}
            for finding in differences(table, facts.get(table, rows), rows):
                if finding.where not in told:
                    yield finding

    def _content(self, number: int, draft: Event) -> Content:
        if not isinstance(draft, PlanDrafted):
            raise StoreFormatError(f"{draft.id} stands before the plan's draft")
        content = self.contents.get(draft.content)
        if content is None:
            content = self.contents[draft.content] = Content(number, self.body(draft.content))
        return content

    def _check_causes(self, events: Sequence[Stored]) -> Iterator[Finding]:
        """Check that every event but the draft has a cause that came before it."""
        known: set[str] = set()
        for _position, event in events:
            if event.cause not in known and not isinstance(event, PlanDrafted):
                found = f"{event.cause!r}" if event.cause else "no cause"
                yield Finding("causes", f"event {event.id}", "an earlier event of its plan", found)
            known.add(event.id)

    def _count_references(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Count what each event says that it keeps in the table of bodies."""
        for row in rows:
            state: bytes = row[4]
            if state.startswith(_MARK):
                self.references.update(place[0] for place in orjson.loads(state)["@"])
            if row[3].startswith("plan.drafted."):
                self.references[orjson.loads(state)["content"]] += 1
