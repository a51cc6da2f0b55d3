"""Events to compact bytes and back.

What a row's key and columns say (stream, version, kind, time) is not repeated in the bytes,
fields at their defaults are left out, and a cause inside the same plan is stored without the
plan's id, under `c`. What is too large for a row goes to the table of bodies: the key `@`, which
is no field's name, tells where each body belongs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import orjson
from pydantic_core import PydanticSerializationError

from milepost.domain.errors import ValidationError
from milepost.domain.events import Event
from milepost.domain.ids import plan_of
from milepost.domain.values import ContentHash

from .bodies import BODY_LIMIT, Bodies, put_back, take_out
from .kinds import Kinds
from .times import iso, microseconds, moment

_COLUMNS = {"originator_id", "originator_version", "timestamp"}
_CAUSE, _NEAR_CAUSE = b'{"cause":"', b'{"c":"'
_BODIES = b'{"@":'


class Row(NamedTuple):
    """An event as the columns of its row; the time in microseconds."""

    stream: str
    version: int
    kind: str
    state: bytes
    time: int


def as_of(row: Row, event: Event, time: int) -> tuple[Row, Event]:
    """Return an event that is stored as of a later time than it was decided at.

    One that was imported has its own time already, and keeps that.
    """
    later = row._replace(time=time)
    if microseconds(event.timestamp) != row.time:
        return later, event
    times = {"timestamp": moment(time), "decided_at": event.timestamp}
    return with_time(later, "decided_at", row.time), event.model_copy(update=times)


def with_time(row: Row, name: str, time: int) -> Row:
    """Return a row whose state has a time in one field more."""
    field = f'"{name}":"{iso(time)}"}}'.encode()
    separator = b"," if len(row.state) > len(b"{}") else b""
    return row._replace(state=row.state[:-1] + separator + field)


class Codec:
    """Encodes and decodes events; `body` fetches what was too large for a row."""

    def __init__(self, kinds: Kinds, body: Callable[[ContentHash], bytes]) -> None:
        self._kinds = kinds
        self._body = body

    def encode(self, event: Event, bodies: Bodies | None) -> Row:
        """Return the event's row and move its large fields to `bodies`, if any are given.

        Raises `ValidationError` for what has no JSON text.
        """
        stream = event.originator_id
        try:
            # What `model_dump_json` does, without its detour over text.
            state = event.__pydantic_serializer__.to_json(
                event, exclude=_COLUMNS, exclude_defaults=True
            )
        except PydanticSerializationError as error:
            raise ValidationError(
                f"event {event.id} cannot be stored ({error})",
                mend="use only values that JSON can hold",
            ) from error
        near = _CAUSE + plan_of(stream).encode()
        if state.startswith(near) and state[len(near) : len(near) + 1] in b".#!":
            state = _NEAR_CAUSE + state[len(near) :]
        if bodies is not None and len(state) > BODY_LIMIT:
            state = take_out(state, bodies)
        time = microseconds(event.timestamp)
        return Row(stream, event.originator_version, event.kind, state, time)

    def decode(self, row: Row) -> Event:
        """Return the event of a row; raise `StoreFormatError` if it cannot be read."""
        stream, version, kind, state, time = row
        name = f"{stream}#{version}"
        if state.startswith(_BODIES):
            state = put_back(state, self._body)
        if state.startswith(_NEAR_CAUSE):
            state = _CAUSE + plan_of(stream).encode() + state[len(_NEAR_CAUSE) :]
        rest = b"," + state[1:] if len(state) > 2 else b"}"  # noqa: PLR2004 - more than `{}`
        head = b'{"originator_id":%b,"originator_version":%d,"timestamp":"%b"'
        columns = head % (orjson.dumps(stream), version, iso(time).encode())
        return self._kinds.read(kind, columns + rest, name)
