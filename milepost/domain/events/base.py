"""The base of every event: immutable, versioned in its kind, complete without a look-up."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from eventsourcing.domain import CanMutateAggregate
from pydantic import AwareDatetime, BaseModel, ConfigDict

ENGINE = "engine"
"""The actor of what the engine decides by itself."""


class Impact(StrEnum):
    """How far an event reaches: one attempt, a step, the plan's course, or the plan's end."""

    TRACE = "trace"
    STEP = "step"
    PLAN = "plan"
    END = "end"


class Event(BaseModel, CanMutateAggregate[str]):
    """A fact about one stream. The fields here are its envelope, those of a subclass its data.

    `cause` is the id of the event that led here (empty only where a plan begins), `revision`
    the plan's revision at that moment, `actor` who did it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    impact: ClassVar[Impact] = Impact.STEP

    originator_id: str
    originator_version: int
    timestamp: AwareDatetime
    cause: str = ""
    actor: str = ENGINE
    revision: int = 1

    def apply(self, aggregate: Any) -> None:  # noqa: ANN401 - the library's signature
        """Fold this event into its aggregate."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it changes")

    @property
    def id(self) -> str:
        """Id of the event: its stream and version."""
        return f"{self.originator_id}#{self.originator_version}"

    def data(self) -> dict[str, Any]:
        """Return the event's own fields as JSON values, those at their defaults left out."""
        return self.model_dump(mode="json", exclude=set(ENVELOPE), exclude_defaults=True)


ENVELOPE = frozenset(Event.model_fields)
