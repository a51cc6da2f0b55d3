"""Kinds of events: from the word in the log to the class, over every version between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
from pydantic import ValidationError as PydanticValidationError

from milepost.domain.errors import StoreFormatError
from milepost.domain.events import EVENT_TYPES, Event
from milepost.domain.values import Json

Fields = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Upcast:
    """How the stored fields of an old kind become those of the kind that followed it."""

    to: str
    change: Callable[[Fields], Fields]


class Kinds:
    """The kinds that this version writes, and how it reads the older ones."""

    def __init__(
        self,
        types: Mapping[str, type[Event]] = EVENT_TYPES,
        upcasts: Mapping[str, Upcast] | None = None,
    ) -> None:
        self.types = types
        self._upcasts = upcasts or {}

    def read(self, kind: str, text: bytes, event: str) -> Event:
        """Return the event whose whole JSON text is given; `event` names it in errors.

        Raises `StoreFormatError` for a kind of a newer version and for fields that do not fit.
        """
        event_type = self.types.get(kind)
        try:
            if event_type is not None:
                # What `model_validate_json` does, without its look at arguments.
                event_read: Event = event_type.__pydantic_validator__.validate_json(text)
                return event_read
            return self._read_older(kind, text, event)
        except PydanticValidationError as error:
            raise StoreFormatError(
                f"event {event}: its stored fields do not fit {kind} ({error.errors()[0]['msg']});"
                " the file is damaged, restore a backup"
            ) from error

    def _read_older(self, kind: str, text: bytes, event: str) -> Event:
        fields: Fields = orjson.loads(text)
        while kind not in self.types:
            upcast = self._upcasts.get(kind)
            if upcast is None:
                raise StoreFormatError(
                    f"event {event}: its kind {kind!r} is unknown to this version;"
                    " open the store with the version of Milepost that wrote it, or a newer one"
                )
            fields, kind = upcast.change(fields), upcast.to
        return self.types[kind].model_validate_json(orjson.dumps(fields))
