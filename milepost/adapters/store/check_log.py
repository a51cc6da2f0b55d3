"""Checks of the log itself: what SQLite says of the file, and the rules that all events keep."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator

from milepost.domain.errors import StoreFormatError
from milepost.domain.values import ContentHash, hash_of
from milepost.projections.checks import Finding

from .bodies import address_of, key_of
from .body_rows import body_in

_POSITIONS = "SELECT coalesce(max(rowid), 0), count(*) FROM stored_events"
_GAPS = """SELECT e.rowid FROM stored_events AS e WHERE e.rowid > 1
  AND NOT EXISTS (SELECT 1 FROM stored_events AS b WHERE b.rowid = e.rowid - 1)"""
_VERSIONS = """SELECT originator_id, min(originator_version), max(originator_version), count(*)
  FROM stored_events GROUP BY originator_id
  HAVING min(originator_version) <> 1 OR max(originator_version) <> count(*)"""
_ORDER = """SELECT e.originator_id, e.originator_version FROM stored_events AS e
  CROSS JOIN stored_events AS n ON n.originator_id = e.originator_id
    AND n.originator_version = e.originator_version + 1 AND n.rowid < e.rowid"""
_TIMES = """SELECT n.rowid FROM stored_events AS e
  CROSS JOIN stored_events AS n ON n.rowid = e.rowid + 1 AND n.time < e.time"""
_BODIES = """SELECT b.hash, b.uses, d.data, d.base FROM bodies AS b
  LEFT JOIN body_data AS d ON d.hash = b.hash"""
_BASES = "SELECT base, count(*) FROM body_data WHERE base IS NOT NULL GROUP BY base"
_STRAY_BODIES = "SELECT hash FROM body_data WHERE hash NOT IN (SELECT hash FROM bodies)"


def check_file(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Check the file's structure with SQLite's own means."""
    for (problem,) in connection.execute("PRAGMA integrity_check"):
        if problem != "ok":
            yield Finding("integrity", "the file", "ok", problem)
    for table, row, parent, _index in connection.execute("PRAGMA foreign_key_check"):
        yield Finding("foreign keys", f"{table} row {row}", f"a row in {parent}", "none")


def check_numbers(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Check positions, versions and times: no gap, no step back."""
    last, count = connection.execute(_POSITIONS).fetchone()
    if last != count:
        yield Finding("positions", "the log", f"{last} events", f"{count}")
        for (position,) in connection.execute(_GAPS):
            yield Finding("positions", f"position {position - 1}", "an event", "none")
    for stream, first, last_version, number in connection.execute(_VERSIONS):
        found = f"{number} from {first} to {last_version}"
        yield Finding("versions", f"stream {stream}", "1, 2, 3 and so on", found)
    for stream, version in connection.execute(_ORDER):
        yield Finding("versions", f"event {stream}#{version}", "before the next", "after it")
    for (position,) in connection.execute(_TIMES):
        yield Finding("times", f"position {position}", "not before the event before", "before it")


def check_bodies(
    connection: sqlite3.Connection, references: Counter[ContentHash]
) -> Iterator[Finding]:
    """Check that each body is there and unchanged, and is used as often as the log says."""
    known: set[object] = set()
    wanted: Counter[object] = Counter(
        {key_of(content): number for content, number in references.items()}
    )
    wanted.update(dict(connection.execute(_BASES).fetchall()))
    for key, uses, data, base in connection.execute(_BODIES):
        known.add(key)
        where = f"body sha256:{key.hex()}"
        found = _found(connection, key, data) if base is not None else data
        if not isinstance(found, bytes):
            yield Finding("bodies", where, "its bytes", found or "none")
        elif key_of(hash_of(found)) != key:
            yield Finding("bodies", where, "bytes of that hash", hash_of(found))
        if uses != wanted[key]:
            yield Finding("bodies", where, f"{wanted[key]} uses", f"{uses}")
    for key in wanted.keys() - known:
        name = key.hex() if isinstance(key, bytes) else repr(key)  # a base that somebody changed
        yield Finding("bodies", f"body sha256:{name}", "a body", "none")
    for (key,) in connection.execute(_STRAY_BODIES):
        yield Finding("bodies", f"body sha256:{key.hex()}", "a count of its uses", "none")


def _found(connection: sqlite3.Connection, key: bytes, data: object) -> bytes | str | None:
    """Return a body that is stored as a difference, or what is wrong with it."""
    try:
        return body_in(connection, address_of(key))
    except StoreFormatError as error:
        return f"{data!r:.40}: {error}"
