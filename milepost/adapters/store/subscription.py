"""Subscriptions to a recorder, for threads: every event once it is committed, in order."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any

from eventsourcing.persistence import (
    ApplicationRecorder,
    ListenNotifySubscription,
    StoredEvent,
    Subscription,
)

LONGEST_WAIT = 0.05
"""Seconds after which a subscription looks by itself: another process cannot call it."""


class Listeners:
    """Those who want to be called after each commit of this process."""

    def __init__(self) -> None:
        self._events: set[Event] = set()

    def add(self, event: Event) -> None:
        """Set the event after each commit from now on."""
        self._events.add(event)

    def remove(self, event: Event) -> None:
        """Leave the event alone."""
        self._events.discard(event)

    def call(self) -> None:
        """Set every event."""
        for event in tuple(self._events):
            event.set()


class LogSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """The library's subscription, which misses no call and sees what other processes commit."""

    def __init__(
        self,
        recorder: ApplicationRecorder,
        listeners: Listeners,
        gt: int | None,
        topics: Sequence[str],
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listeners = listeners
        listeners.add(self._has_been_notified)

    def stop(self) -> None:
        """Stop the subscription."""
        super().stop()
        self._listeners.remove(self._has_been_notified)

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(LONGEST_WAIT)
        except BaseException as error:  # noqa: BLE001 - the reading thread raises it again
            self._thread_error = error
            self.stop()


class CallingRecorder(ApplicationRecorder):
    """What a recorder of the library needs to call those who listen; to be named before it."""

    def __init__(self, *args: Any) -> None:  # noqa: ANN401 - the library's
        super().__init__(*args)
        self.listeners = Listeners()

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401 - the library's
    ) -> Sequence[int] | None:
        """Insert the events and call those who listen."""
        positions = super().insert_events(stored_events, **kwargs)  # type: ignore[safe-super]
        self.listeners.call()
        return positions

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return an iterator over all events after a position, which waits for new ones."""
        return LogSubscription(self, self.listeners, gt, topics)
