"""The library's mapper over our codec, for repositories and the notification log."""

from __future__ import annotations

from typing import cast

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from milepost.domain.events import Event

from .codec import Codec, Row
from .timed import TimedEvent, TimedNotification


class EventMapper(Mapper[str]):
    """Converts between events and stored events that carry their time."""

    def __init__(self, codec: Codec) -> None:
        super().__init__(JSONTranscoder())
        self._codec = codec

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Return the event's row, nothing moved out of it."""
        return TimedEvent(*self._codec.encode(cast("Event", domain_event), None))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Return the event; raise `StoreFormatError` if it cannot be read."""
        if not isinstance(stored_event, TimedEvent | TimedNotification):
            raise TypeError(f"{stored_event} comes from a recorder that keeps no times")
        stream, version = str(stored_event.originator_id), stored_event.originator_version
        row = Row(stream, version, stored_event.topic, stored_event.state, stored_event.time)
        return self._codec.decode(row)
