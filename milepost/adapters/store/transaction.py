"""One open transaction of the log: what is known at its start, and what it adds."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from milepost.domain.events import Event
from milepost.engine.journal import Stored
from milepost.projections.prior import KnownPlan

from .bodies import Bodies, Delta, key_of
from .codec import Row, as_of
from .inline import InlineRows
from .many import insert_many
from .work import Owned

_MAX_KNOWN = 30_000

INTO_EVENTS = """INSERT INTO stored_events
  (rowid, originator_id, originator_version, topic, state, time)"""
_NEWEST = "SELECT rowid, time FROM stored_events ORDER BY rowid DESC LIMIT 1"
_LAST_VERSION = "SELECT max(originator_version) FROM stored_events WHERE originator_id = ?"
_OWNER = "SELECT owner, fence FROM plan_owners WHERE plan = ?"
_OWN = (
    "INSERT INTO plan_owners (plan, owner, fence)",
    "ON CONFLICT (plan) DO UPDATE SET owner = excluded.owner, fence = excluded.fence",
)
_USE_BODIES = (
    "INSERT INTO bodies (hash, uses)",
    "ON CONFLICT (hash) DO UPDATE SET uses = uses + excluded.uses",
)
_USE_BODY = "UPDATE bodies SET uses = uses + 1 WHERE hash = ?"
_INSERT_DELTA = "INSERT INTO body_data VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING"
_INSERT_BODIES = ("INSERT INTO body_data (hash, data)", "ON CONFLICT (hash) DO NOTHING")


class Head:
    """What the last transaction of this connection knew; void once another one has written."""

    def __init__(self) -> None:
        self._data_version = -1
        self.position = 0
        self.time = 0
        self.versions: dict[str, int] = {}
        self.owners: dict[str, Owned | None] = {}
        self.plans: dict[str, KnownPlan] = {}

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Keep what is known if nobody else wrote since; ask inside the transaction."""
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self.forget()
            self.position, self.time = connection.execute(_NEWEST).fetchone() or (0, 0)
            self._data_version = version
        if len(self.versions) + len(self.owners) + len(self.plans) > _MAX_KNOWN:
            self.forget_rows()

    def forget(self) -> None:
        """Know nothing, so that the next transaction asks."""
        self._data_version = -1
        self.forget_rows()

    def forget_rows(self) -> None:
        """Know nothing about streams and plans."""
        self.versions.clear()
        self.owners.clear()
        self.plans.clear()


class LogTransaction:
    """Collects what admitted work adds, and writes it table by table in `flush`."""

    def __init__(
        self, connection: sqlite3.Connection, head: Head, *, owner: str, inline: InlineRows
    ) -> None:
        self.owner = owner
        self._connection = connection
        self._head = head
        self._inline = inline
        self._stored: list[Stored] = []
        self._parameters: list[tuple[int, str, int, str, bytes, int]] = []
        self._bodies = Bodies()
        self._owned: dict[str, Owned] = {}

    def version_of(self, stream: str, expected: int) -> int:
        """Return the stream's version; that a stream is new is left to its unique key."""
        known = self._head.versions.get(stream)
        if known is None and expected:
            return self._connection.execute(_LAST_VERSION, (stream,)).fetchone()[0] or 0
        return known or 0

    def move_on(self, versions: Mapping[str, int]) -> None:
        """Note the streams' new versions."""
        self._head.versions.update(versions)

    def owner_of(self, plan: str) -> Owned | None:
        """Return who owns the plan, None if nobody ever did."""
        owners = self._head.owners
        if plan not in owners:
            row = self._connection.execute(_OWNER, (plan,)).fetchone()
            owners[plan] = Owned(*row) if row else None
        return owners[plan]

    def own(self, plan: str, owner: str, *, fence: int) -> None:
        """Make somebody the plan's owner."""
        self._owned[plan] = self._head.owners[plan] = Owned(owner, fence)

    def add_bodies(self, bodies: Bodies) -> None:
        """Count the references and keep the bodies that are new."""
        if bodies.references:
            self._bodies.merge(bodies)

    def add_events(self, rows: Sequence[Row], events: Sequence[Event]) -> int:
        """Give the events their positions, and times that never run backwards.

        One that gets a later time keeps that at which it was decided beside it.
        """
        position, newest = self._head.position, self._head.time
        for row, event in zip(rows, events, strict=True):
            position += 1
            if row.time < newest:
                row, event = as_of(row, event, newest)  # noqa: PLW2901
            else:
                newest = row.time
            stream, version, kind, state, _time = row
            self._parameters.append((position, stream, version, kind, state, newest))
            self._stored.append(Stored(position, event))
        self._head.position, self._head.time = position, newest
        return position

    def flush(self) -> None:
        """Write everything that was admitted."""
        if self._parameters:
            insert_many(self._connection, INTO_EVENTS, self._parameters)
        if self._bodies.references:
            self._flush_bodies()
        if self._owned:
            owned = [(plan, *owned) for plan, owned in self._owned.items()]
            insert_many(self._connection, _OWN[0], owned, _OWN[1])
        if self._stored:
            self._inline.write(self._connection, self._stored, self._head.plans)

    def _flush_bodies(self) -> None:
        bodies = self._bodies
        uses = [(key_of(content), number) for content, number in bodies.references.items()]
        data = [
            (key_of(content), body)
            for content, body in bodies.contents.items()
            if content not in bodies.deltas
        ]
        insert_many(self._connection, _USE_BODIES[0], uses, _USE_BODIES[1])
        insert_many(self._connection, _INSERT_BODIES[0], data, _INSERT_BODIES[1])
        for content, delta in bodies.deltas.items():
            self._insert_delta(key_of(content), delta)

    def _insert_delta(self, key: bytes, delta: Delta) -> None:
        """Store a body as a difference, which is one more use of what it differs from."""
        base = key_of(delta.base)
        if self._connection.execute(_INSERT_DELTA, (key, delta.data, base)).rowcount:
            self._connection.execute(_USE_BODY, (base,))
