"""What waits for an actor to decide about it."""

from __future__ import annotations

from .changes import needs_record
from .core import Outcome, Requested


class Inbox:
    """Outcomes in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[Outcome] = []
        self._course_changes = 0

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def put(self, outcome: Outcome) -> None:
        """Add what is to be decided about."""
        self._course_changes += changes_course(outcome)
        self._waiting.append(outcome)

    def take(self) -> list[Outcome]:
        """Take all that waits, but what changes the plan's course alone, in its turn."""
        waiting = self._waiting
        cut = len(waiting)
        if self._course_changes:
            place = next(place for place, one in enumerate(waiting) if changes_course(one))
            self._course_changes -= place == 0
            cut = max(place, 1)
        self._waiting = waiting[cut:]
        return waiting[:cut]


def changes_course(outcome: Outcome) -> bool:
    """Tell whether an outcome is a request that is decided with the record so far."""
    return type(outcome) is Requested and needs_record(outcome.request)
