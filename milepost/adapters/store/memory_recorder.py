"""The library's recorder in memory, keeping the times of events beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    StoredEvent,
    Subscription,
)
from eventsourcing.popo import POPOProcessRecorder

from .subscription import Listeners, LogSubscription
from .timed import TimedEvent, TimedNotification


class MemoryRecorder(POPOProcessRecorder):
    """Events that are lost with the process."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners = Listeners()

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401 - the library's signature
    ) -> Sequence[int] | None:
        """Insert the events and call those who listen."""
        positions = super().insert_events(stored_events, **kwargs)
        self.listeners.call()
        return positions

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return an iterator over all events after a position, which waits for new ones."""
        return LogSubscription(self, self.listeners, gt, topics)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return the events between two positions, with their times."""
        found = super().select_notifications(
            start, limit, stop, topics, inclusive_of_start=inclusive_of_start
        )
        return [self._timed(notification) for notification in found]

    def at(self, position: int) -> TimedEvent:
        """Return the event at a position."""
        return cast("TimedEvent", self._stored_events[position - 1])

    def _timed(self, one: Notification) -> Notification:
        event = self._stored_events[one.id - 1]
        if not isinstance(event, TimedEvent):
            return one
        return TimedNotification(
            one.originator_id, one.originator_version, one.topic, one.state, one.id, event.time
        )
