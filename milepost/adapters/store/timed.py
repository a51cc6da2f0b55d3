"""The library's stored events with the time that our table keeps in a column of its own."""

from __future__ import annotations

from dataclasses import dataclass

from eventsourcing.persistence import Notification, StoredEvent


@dataclass(frozen=True)
class TimedEvent(StoredEvent):
    """A stored event and its time in microseconds since 1970."""

    time: int


@dataclass(frozen=True)
class TimedNotification(Notification):
    """A notification and its time in microseconds since 1970."""

    time: int
