"""From rows of the log to events, with or without the values that are stored apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from milepost.domain.errors import StoreFormatError
from milepost.domain.values import ContentHash, Json, hash_of
from milepost.engine.journal import Stored

from .asking import Asking, compute, select
from .bodies import address_of, key_of
from .body_rows import CHAINS, wholes
from .codec import Codec, Row
from .kinds import Kinds

COLUMNS = "e.rowid, e.originator_id, e.originator_version, e.topic, e.state, e.time"
APART_IN_LISTS = frozenset({"output", "bindings", "arguments", "inputs", "context", "changes"})
"""Fields that hold any JSON, and so can hold `{"@": hash}` in its place."""
APART_IN_STORIES = APART_IN_LISTS - {"inputs", "context", "changes"}
WHOLE: frozenset[str] = frozenset()


_MARK = b'{"@":'
_OWN_TIMES = (b'"timestamp":"', b'"decided_at":"')
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Decoded:
    """Events, and the ids of those with a value left apart."""

    events: list[Stored]
    apart: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Left:
    """The text of an event with some values left apart, and the bodies that it still needs."""

    state: bytes
    needed: list[ContentHash]
    is_apart: bool


def decode(
    kinds: Kinds, rows: Sequence[Sequence[Any]], *, apart: frozenset[str], as_logged: bool = False
) -> Asking[Decoded]:
    """Return the events of rows that begin with `COLUMNS`; values of fields in `apart` stay there.

    Their times are those at which they were decided, or with `as_logged` those of the log.
    Raises `StoreFormatError` for a row that cannot be read and for a missing or changed body.
    """
    states = {row[0]: _leave(row[4], apart) for row in rows if row[4].startswith(_MARK)}
    needed = {content for left in states.values() for content in left.needed}
    bodies = (yield from read_bodies(needed)) if needed else {}
    codec = Codec(kinds, bodies.__getitem__)
    events = yield from compute(
        lambda: [_stored(codec, row, states.get(row[0])) for row in rows], size=len(rows)
    )
    if not as_logged:
        events = [Stored(position, event.as_decided()) for position, event in events]
    left = {f"{row[1]}#{row[2]}" for row in rows if row[0] in states and states[row[0]].is_apart}
    return Decoded(events, frozenset(left))


def read_bodies(contents: Collection[ContentHash]) -> Asking[dict[ContentHash, bytes]]:
    """Return bodies by their hash; raise `StoreFormatError` for one that is missing or changed."""
    wanted = sorted(contents)
    found: dict[ContentHash, bytes] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        keys = [key_of(content) for content in wanted[start : start + _AT_ONCE]]
        marks = ",".join("?" * len(keys))
        query = f"SELECT hash, data, base FROM body_data WHERE hash IN ({marks})"  # noqa: S608
        rows = yield from select(query, *keys)
        bodies = {address_of(key): data for key, data, base in rows if base is None}
        if apart := [key for key, _data, base in rows if base is not None]:
            query = CHAINS.format(marks=",".join("?" * len(apart)))
            bodies |= wholes((yield from select(query, *apart)))
        found |= {content: data for content, data in bodies.items() if hash_of(data) == content}
    for content in wanted:
        if content not in found:
            raise StoreFormatError(
                f"the body {content} is missing or was changed; run `check`, restore a backup"
            )
    return found


def reference(content: ContentHash) -> Json:
    """Return what stands in the place of a value that is left apart."""
    return {"@": content}


def has_own_time(state: bytes) -> bool:
    """Tell whether an event has a time of its own: of another store, or of its decision."""
    return any(name in state for name in _OWN_TIMES)


def _leave(state: bytes, apart: frozenset[str]) -> _Left:
    """Put references in the place of values in the fields `apart`."""
    fields: dict[str, Any] = orjson.loads(state)
    kept: list[list[str]] = []
    places = fields.pop("@")
    for place in places:
        content, *path = place
        if path[0] in apart:
            holder = fields
            for name in path[:-1]:
                holder = holder[name]
            holder[path[-1]] = reference(content)
        else:
            kept.append(place)
    whole = {"@": kept} | fields if kept else fields
    needed = [ContentHash(place[0]) for place in kept]
    return _Left(orjson.dumps(whole), needed, is_apart=len(kept) < len(places))


def _stored(codec: Codec, row: Sequence[Any], left: _Left | None) -> Stored:
    position, stream, version, kind, state, time = row[:6]
    row_of_log = Row(stream, version, kind, left.state if left else state, time)
    return Stored(position, codec.decode(row_of_log))
