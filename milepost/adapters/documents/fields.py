"""What the fields of a model are: their types in words, defaults and docstrings."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from textwrap import dedent
from typing import Any, NamedTuple

from pydantic import BaseModel

from .field_words import FIELD_WORDS

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "array": "list",
    "object": "object",
}
_FORMATS = {"date-time": "time", "duration": "duration"}


class Field(NamedTuple):
    """One row of a table of fields; `default` is empty for a required field."""

    name: str
    type: str
    default: str
    meaning: str


def fields_of(
    model: type[BaseModel],
    *,
    leave_out: frozenset[str] = frozenset(),
    words: Mapping[str, str] = FIELD_WORDS,
) -> list[Field]:
    """Return a model's fields in the order they are declared.

    Raises `KeyError` for a field that neither its class nor `words` tell the meaning of.
    """
    schema = model.model_json_schema(mode="serialization", by_alias=False)
    definitions = schema.get("$defs", {})
    meanings = {**words, **dict(_docstrings(model))}
    return [
        Field(name, type_words(part, definitions), _default(part), meanings[name])
        for name, part in _properties(schema).items()
        if name not in leave_out
    ]


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties; a model that holds its own kind describes itself by reference."""
    own = schema["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return dict(own.get("properties", {}))


def type_words(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return a JSON Schema's type in words, with the names of other models."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        if name == "JsonValue":
            return "any JSON value"
        enumeration = definitions[name].get("enum")
        return _one_of(enumeration) if enumeration else f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(type_words(part, definitions) for part in schema["anyOf"])
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if schema.get("type") == "array":
        return f"list of {type_words(schema['items'], definitions)}"
    return _WORDS.get(schema.get("type", ""), "any JSON value")


def _one_of(values: list[str]) -> str:
    return " or ".join(f"`{value}`" for value in values)


def _default(schema: Mapping[str, Any]) -> str:
    if "default" not in schema:
        return ""
    given = schema["default"]
    return "`{}`" if isinstance(given, dict) else f"`{json.dumps(given)}`"


def _docstrings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield each field that a docstring follows in the source, with that docstring."""
    for parent in reversed(model.__mro__):
        if issubclass(parent, BaseModel) and parent is not BaseModel:
            yield from _own_docstrings(parent)


def _own_docstrings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    tree = ast.parse(dedent(inspect.getsource(model))).body[0]
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for statement, follower in pairwise(body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(follower, ast.Expr)
            and isinstance(follower.value, ast.Constant)
        ):
            yield statement.target.id, str(follower.value.value)
