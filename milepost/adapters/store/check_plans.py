"""The checks of each plan: its events can be read and follow each other, and its rows are right."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import orjson
from eventsourcing.domain import EventSourcingError
from pydantic import ValidationError as PydanticValidationError

from milepost.domain.course import content_of, contents_of
from milepost.domain.errors import MilepostError, StoreFormatError
from milepost.domain.events import PlanDrafted
from milepost.domain.plans import PlanSpec
from milepost.domain.values import ContentHash
from milepost.engine.journal import Stored
from milepost.projections.beginning import Beginning
from milepost.projections.checks import Finding, PlanFacts, PlanFold, differences
from milepost.projections.contents import ContentFacts, facts_of
from milepost.projections.folding import fold
from milepost.projections.rows import Rows

from .body_rows import body_in
from .check_rows import LiveRows, fact_rows, folded_rows
from .codec import Codec, Row
from .kinds import Kinds
from .named_contents import contents_named

_EVENTS = """SELECT rowid, originator_id, originator_version, topic, state, time
  FROM stored_events WHERE originator_id = ?1
    OR (originator_id > ?1 || '!' AND originator_id < ?1 || '"')
    OR (originator_id > ?1 || '.' AND originator_id < ?1 || '/')
  ORDER BY rowid"""
_DRAFTS = """SELECT rowid, originator_id FROM stored_events
  WHERE topic GLOB 'plan.drafted.*' ORDER BY rowid"""
_WITH_CONTENTS = """SELECT rowid, state FROM stored_events
  WHERE topic GLOB 'plan.drafted.*' OR topic GLOB 'plan.revised.*'
    OR topic GLOB 'plan.rolled_back.*' OR topic GLOB 'plan.restored.*'
    OR topic GLOB 'plan.recovered.*' ORDER BY rowid"""
_MARK = b'{"@":'
UNREADABLE = (MilepostError, PydanticValidationError, ValueError, KeyError, TypeError)
"""What a row that somebody changed can make of reading it."""


class Content(NamedTuple):
    """A content that plans use: its number and its facts."""

    number: int
    facts: ContentFacts


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
        self._first_uses: dict[str, int] = {}
        self._specs: dict[ContentHash, PlanSpec] = {}

    def findings(self) -> Iterator[Finding]:
        """Check the plans, oldest first."""
        self._note_first_uses()
        for number, plan_id in self._connection.execute(_DRAFTS).fetchall():
            self.numbers[plan_id] = number
            yield from self._check_plan(number, plan_id)

    def body(self, content: ContentHash) -> bytes:
        """Return a body; raise `StoreFormatError` if there is none."""
        data = body_in(self._connection, content)
        if data is None:
            raise StoreFormatError(f"the body {content} is missing")
        return data

    def decoded(self, row: tuple[Any, ...]) -> Stored:
        """Return the event of a row; raise `StoreFormatError` if it cannot be read."""
        return Stored(row[0], self._codec.decode(Row(*row[1:])))

    def _check_plan(self, number: int, plan_id: str) -> Iterator[Finding]:
        rows = self._connection.execute(_EVENTS, (plan_id,)).fetchall()
        self.events += len(rows)
        try:
            events = [self.decoded(row) for row in rows]
            contents = self._contents_of(plan_id, events)
            spec = self._spec(list(contents)[-1])
            self._count_references(rows, events)
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
        expected = fold(events, Beginning(contents))
        yield from self._check_rows(number, expected, folded.facts(spec), folded)

    def _check_rows(
        self, number: int, rows_made: Rows, plan: PlanFacts, folded: PlanFold
    ) -> Iterator[Finding]:
        """Compare a plan's rows with the row functions, and both with the aggregates."""
        plan_id = folded.plan.id
        live = self._live.of(plan_id, number)
        expected = folded_rows(rows_made, plan_id)
        facts = fact_rows(plan_id, plan, folded.steps)
        for table, rows in live.items():
            found = list(differences(table, expected[table], rows))
            yield from found
            told = {finding.where for finding in found}
            for finding in differences(table, facts.get(table, rows), rows):
                if finding.where not in told:
                    yield finding

    def _note_first_uses(self) -> None:
        """Find where each content was used first, which is its number."""
        for position, state in self._connection.execute(_WITH_CONTENTS):
            with suppress(ValueError, KeyError, TypeError):  # found again with the plan's events
                self._first_uses.setdefault(orjson.loads(state)["content"], position)

    def _contents_of(self, plan_id: str, events: Sequence[Stored]) -> dict[ContentHash, Content]:
        """Return the contents that a plan had, the one that it has as the last."""
        if not isinstance(events[0].event, PlanDrafted):
            raise StoreFormatError(f"{events[0].event.id} stands before the plan's draft")
        own = [event for _position, event in events if event.originator_id == plan_id]
        found = {content: self._content(content) for content in contents_of(own)}
        newest = content_of(own)
        return found | {newest: found.pop(newest)}

    def _content(self, name: ContentHash) -> Content:
        content = self.contents.get(name)
        if content is None:
            facts = facts_of(self.body(name))
            content = self.contents[name] = Content(self._first_uses[name], facts)
        return content

    def _spec(self, content: ContentHash) -> PlanSpec:
        spec = self._specs.get(content)
        if spec is None:
            spec = self._specs[content] = PlanSpec.model_validate_json(self.body(content))
        return spec

    def _check_causes(self, events: Sequence[Stored]) -> Iterator[Finding]:
        """Check that every event but the draft has a cause that came before it."""
        known: set[str] = set()
        for _position, event in events:
            if event.cause not in known and not isinstance(event, PlanDrafted):
                found = f"{event.cause!r}" if event.cause else "no cause"
                yield Finding("causes", f"event {event.id}", "an earlier event of its plan", found)
            known.add(event.id)

    def _count_references(self, rows: Sequence[tuple[Any, ...]], events: Sequence[Stored]) -> None:
        """Count what each event keeps in the table of bodies, and what it names there."""
        for row in rows:
            state: bytes = row[4]
            if state.startswith(_MARK):
                self.references.update(place[0] for place in orjson.loads(state)["@"])
        for _position, event in events:
            self.references.update(contents_named(event))
