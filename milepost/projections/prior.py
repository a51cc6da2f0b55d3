"""What the row functions are given: events with positions, and what earlier rows say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .contents import ContentFacts


class Line(Protocol):
    """An event, or for kinds outside `NEEDS_DATA` as much of one as its row's columns say."""

    @property
    def kind(self) -> str:
        """The event's kind."""

    @property
    def originator_id(self) -> str:
        """Its stream."""

    @property
    def originator_version(self) -> int:
        """Its number in the stream."""


class Placed(Protocol):
    """A line with its position."""

    @property
    def position(self) -> int:
        """The global position."""

    @property
    def event(self) -> Line:
        """The event."""


class KnownPlan(NamedTuple):
    """A plan that was drafted before, and the content and revision that it has."""

    number: int
    content: int
    revision: int = 1


class KnownContent(NamedTuple):
    """A content that a plan used before: its number, and its steps outside loops."""

    number: int
    steps: int


class Prior(Protocol):
    """What the rows of all events before a batch say."""

    def plan(self, plan_id: str) -> KnownPlan | None:
        """Return a plan's number, content and revision, None if it was never drafted."""

    def step(self, plan: int, path: str) -> StepStatus:
        """Return a step's status, `pending` if it never moved."""

    def begun_below(self, plan: int, place: str) -> Iterable[str]:
        """Return the steps in a loop's iteration that began and were not reset since.

        `place` is like `each[0]`. Steps that undo others are left out.
        """

    def begun_in_loops(self, plan: int) -> Iterable[str]:
        """Return those of all iterations and cases."""

    def content(self, content: ContentHash) -> KnownContent | None:
        """Return a content that was used before."""

    def facts(self, content: int) -> ContentFacts:
        """Return the number of steps and the loops of the content of that number."""

    def body(self, content: ContentHash) -> bytes | None:
        """Return a content's bytes, None if they are not stored."""
