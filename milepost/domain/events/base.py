"""The base of every event: immutable, versioned in its kind, complete without a look-up."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, TypeAlias

from eventsourcing.domain import CanMutateAggregate
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

_set = object.__setattr__
ENGINE = "engine"
"""The actor of what the engine decides by itself."""


class Impact(StrEnum):
    """How far an event reaches: one attempt, a step, the plan's course, or the plan's end."""

    TRACE = "trace"
    STEP = "step"
    PLAN = "plan"
    END = "end"


def _in_utc(time: datetime) -> datetime:
    """Return the time in the one UTC zone; times of several zone objects compare slowly."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it lies outside of the years 1 to 9999") from None


Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An aware time, given back in UTC."""


class Event(BaseModel, CanMutateAggregate[str]):
    """A fact about one stream. The fields here are its envelope, those of a subclass its data.

    `cause` is the id of the event that led here (empty only where a plan begins), `revision`
    the plan's revision at that moment, `actor` who did it. `decided_at` is there only where a
    store that never lets time run backwards gave the event a later `timestamp`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: ClassVar[str]
    impact: ClassVar[Impact] = Impact.STEP
    blank: ClassVar[dict[str, Any]]
    """All fields in their order, with their defaults."""
    names: ClassVar[set[str]]

    originator_id: str
    originator_version: int
    timestamp: Moment
    cause: str = ""
    actor: str = ENGINE
    revision: int = 1
    decided_at: Moment | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - pydantic's
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.model_fields.items()
        cls.blank = {name: field.get_default(call_default_factory=True) for name, field in fields}
        cls.names = set(cls.blank)

    @classmethod
    def trusted(cls, **fields: Any) -> Self:  # noqa: ANN401 - of whatever types the event has
        """Return an event of values that are known to be right: nothing is checked or copied.

        What comes from outside goes through the constructor instead.
        """
        event = cls.__new__(cls)
        _set(event, "__dict__", cls.blank | fields)
        _set(event, "__pydantic_fields_set__", cls.names)
        _set(event, "__pydantic_extra__", None)
        _set(event, "__pydantic_private__", None)
        return event

    def apply(self, aggregate: Any) -> None:  # noqa: ANN401 - the library's signature
        """Fold this event into its aggregate."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it changes")

    @property
    def id(self) -> str:
        """Id of the event: its stream and version."""
        return f"{self.originator_id}#{self.originator_version}"

    def as_decided(self) -> Self:
        """Return the event with the time at which it was decided as its own."""
        if self.decided_at is None:
            return self
        return self.model_copy(update={"timestamp": self.decided_at, "decided_at": None})

    def data(self) -> dict[str, Any]:
        """Return all but the envelope as JSON values, those at their defaults left out."""
        return self.model_dump(mode="json", exclude=set(ENVELOPE), exclude_defaults=True)


ENVELOPE = frozenset(Event.model_fields) - {"decided_at"}
"""What every event shows beside its data."""
