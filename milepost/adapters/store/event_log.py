"""The library's application over a store: repository, notification log and subscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from eventsourcing.application import Application
from eventsourcing.persistence import (
    ApplicationRecorder,
    EventStore,
    InfrastructureFactory,
    Mapper,
    ProcessRecorder,
)
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment, EnvType

from milepost.domain.aggregates import Stream
from milepost.domain.errors import StoreError
from milepost.domain.events import Event

StreamT = TypeVar("StreamT", bound=Stream)


class EventLog(Application[str]):
    """Reads a store through the library's own faces; saving is the journal's."""

    log_section_size = 1000

    def __init__(self, recorder: ProcessRecorder, mapper: Mapper[str]) -> None:
        self._given_recorder = recorder
        self._given_mapper = mapper
        super().__init__()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return an empty environment: nothing outside changes how a store is read."""
        return Environment(name, env)

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Return a factory that nothing is made by: recorder and mapper are given."""
        return POPOFactory(env)

    def construct_mapper(self) -> Mapper[str]:
        """Return the store's mapper."""
        return self._given_mapper

    def construct_recorder(self) -> ApplicationRecorder:
        """Return the store's recorder."""
        return self._given_recorder

    def construct_event_store(self) -> EventStore[str]:
        """Return the library's event store over both."""
        return EventStore(self.mapper, self.recorder)

    def save(self, *objs: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401, ARG002 - the library's
        """Refuse: only the journal checks owners and writes inline rows."""
        raise StoreError("the event log only reads; append a save to the journal instead")

    def stream(
        self, stream_type: type[StreamT], stream: str, *, version: int | None = None
    ) -> StreamT:
        """Return a stream folded whole or up to a version, as its shell if it has no event."""

        def folded(_none: StreamT | None, events: Iterable[Event]) -> StreamT:
            return stream_type.folded(stream, events)

        return self.repository.get(stream, version=version, projector_func=folded)
