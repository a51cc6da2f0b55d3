"""The library's recorder in memory, keeping the times of events beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from eventsourcing.persistence import Notification
from eventsourcing.popo import POPOProcessRecorder

from .subscription import CallingRecorder
from .timed import TimedEvent, TimedNotification


class MemoryRecorder(CallingRecorder, POPOProcessRecorder):
    """Events that are lost with the process."""

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
