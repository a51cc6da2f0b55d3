"""The JSON Schema of each kind of event as it is read: its envelope, and its own data."""

from __future__ import annotations

from pydantic import TypeAdapter

from milepost.domain.events import ENVELOPE, EVENT_TYPES, Event
from milepost.projections.views import EventView

from .authored_schema import DIALECT
from .keys import Schema

_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_STORED_APART: Schema = {
    "description": "A value over 64 KiB that is stored apart, by its content hash.",
    "type": "object",
    "properties": {"@": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}},
    "required": ["@"],
    "additionalProperties": False,
}


def event_schemas() -> dict[str, Schema]:
    """Return the schemas by kind, for example `step.completed.v1`."""
    return {kind: _schema(event_type) for kind, event_type in sorted(EVENT_TYPES.items())}


def _schema(event_type: type[Event]) -> Schema:
    envelope = TypeAdapter(EventView).json_schema(mode="serialization")
    model = event_type.model_json_schema(by_alias=True)
    own = {name: field for name, field in model["properties"].items() if name not in ENVELOPE}
    data: Schema = {
        "type": "object",
        "properties": {
            name: field if name in Event.model_fields else _or_apart(field)
            for name, field in own.items()
        },
        "required": [name for name in model.get("required", ()) if name in own],
        "additionalProperties": False,
    }
    fields = envelope["properties"] | {
        "kind": {"const": event_type.kind},
        "impact": {"const": event_type.impact.value},
        "data": data,
    }
    definitions = envelope.get("$defs", {}) | model.get("$defs", {})
    definitions.pop("Impact", None)
    return {
        "$schema": DIALECT,
        "title": event_type.__name__,
        "description": (event_type.__doc__ or "").strip(),
        "type": "object",
        "properties": fields,
        "required": envelope["required"],
        "additionalProperties": False,
        "$defs": definitions | {"StoredApart": _STORED_APART},
    }


def _or_apart(field: Schema) -> Schema:
    """Return the schema of a field that may be stored apart when it is large."""
    if field.get("type") in _SCALARS - {"string"}:
        return field
    return {"anyOf": [field, {"$ref": "#/$defs/StoredApart"}]}
