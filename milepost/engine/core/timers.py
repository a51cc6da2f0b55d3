"""The times that a plan waits for: retries, waits, and the limits of attempts and steps."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from milepost.domain.events import Waiting
from milepost.domain.steps import StepStatus

from .instances import turns_of

if TYPE_CHECKING:
    from .state import Instance


class Alarm(StrEnum):
    """What is due: the end of a wait (`wake`), or a limit that was reached."""

    WAKE = "wake"
    ATTEMPT_LIMIT = "attempt"
    STEP_LIMIT = "step"


class Order(NamedTuple):
    """What is due first of what falls together; it follows from the record, as all else does.

    Limits go before wakes: what would go on right at a limit is too late. Then comes the order of
    the file, so that a container goes before what is in it, then that of the iterations.
    """

    wakes: bool
    step: int
    turns: tuple[int, ...]
    alarm: Alarm


class Due(NamedTuple):
    """One time to come; it is void once the step has moved on from `attempt`."""

    at: datetime
    order: Order
    number: int
    alarm: Alarm
    activation: int
    attempt: int
    instance: Instance


class Timers:
    """All times to come, earliest first, then by `Order`; void ones are dropped as they come up."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._number = 0

    def add(self, at: datetime, alarm: Alarm, instance: Instance) -> None:
        """Note a time."""
        self._number += 1
        step = instance.step
        order = Order(alarm is Alarm.WAKE, instance.node.number, turns_of(instance), alarm)
        due = Due(at, order, self._number, alarm, step.activation, step.attempt, instance)
        heappush(self._heap, due)

    def next_time(self) -> datetime | None:
        """Return the earliest time that still means something."""
        while self._heap and not _stands(self._heap[0]):
            heappop(self._heap)
        return self._heap[0].at if self._heap else None

    def pop_due(self, now: datetime) -> Due | None:
        """Take the earliest time that has come, if one has."""
        while self._heap and self._heap[0].at <= now:
            due = heappop(self._heap)
            if _stands(due):
                return due
        return None


def _stands(due: Due) -> bool:
    step = due.instance.step
    if step.activation != due.activation or step.ended or step.status is StepStatus.PENDING:
        return False
    if due.alarm is Alarm.STEP_LIMIT:
        return True
    if step.attempt != due.attempt:
        return False
    if due.alarm is Alarm.ATTEMPT_LIMIT:
        return step.status is StepStatus.RUNNING
    return step.status is StepStatus.RETRYING or (
        step.status is StepStatus.SUSPENDED and step.waiting is Waiting.TIME
    )
