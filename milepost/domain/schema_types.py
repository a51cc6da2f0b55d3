"""Types of the values that a JSON Schema describes, as far as an expression can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from .errors import ExpressionError
from .nearest import suggestion
from .paths import Keys
from .values import Json

ValueType: TypeAlias = Literal["int", "double", "string", "bool", "list", "map", "dyn"]

_TYPES: dict[str, ValueType] = {
    "integer": "int",
    "number": "double",
    "string": "string",
    "boolean": "bool",
    "array": "list",
    "object": "map",
}


def type_at(schema: Mapping[str, Json], keys: Keys, *, path: str) -> ValueType:
    """Return the type of what lies at `keys` below a value that `schema` describes.

    `dyn` where the schema does not settle it. Raises `ExpressionError` for a property that the
    schema rules out; `path` is the whole path for its message.
    """
    current: Json = dict(schema)
    for key in keys:
        if not isinstance(current, dict):
            return "dyn"
        current = _below(current, key, path=path)
    name = current.get("type") if isinstance(current, dict) else None
    return _TYPES.get(name, "dyn") if isinstance(name, str) else "dyn"


def _below(schema: dict[str, Json], key: str | int, *, path: str) -> Json:
    if isinstance(key, int):
        return schema.get("items") if "prefixItems" not in schema else None
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return None
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    if key not in properties and closed:
        raise ExpressionError(
            f"`{path}` cannot be there: its schema has no `{key}`",
            mend=suggestion(key, properties, kind="properties"),
        )
    return properties.get(key)
