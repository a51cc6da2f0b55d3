"""Bodies: values too large for a row, kept once under the hash of their canonical bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from milepost.domain.values import ContentHash, canonical_bytes, hash_of

BODY_LIMIT = 64 * 1024
"""Bytes of JSON beyond which a field, or an entry of a field, is stored as a body."""
_PREFIX = "sha256:"
_MARK = "@"
Fields = dict[str, Any]


class Delta(NamedTuple):
    """A body as its difference from another one that is stored."""

    base: ContentHash
    data: bytes


@dataclass(slots=True)
class Bodies:
    """The bodies that one save stores, with the number of references it adds to each.

    `deltas` are those of them that are stored as differences from others.
    """

    contents: dict[ContentHash, bytes] = field(default_factory=dict)
    deltas: dict[ContentHash, Delta] = field(default_factory=dict)
    references: dict[ContentHash, int] = field(default_factory=dict)

    def add(self, content: ContentHash, data: bytes) -> None:
        """Store a body and count one more reference to it."""
        self.contents[content] = data
        self.refer(content)

    def merge(self, others: Bodies) -> None:
        """Store the bodies and count the references of others as well."""
        self.contents.update(others.contents)
        self.deltas.update(others.deltas)
        for content, number in others.references.items():
            self.refer(content, number)

    def refer(self, content: ContentHash, number: int = 1) -> None:
        """Count more references to a body that is stored by now."""
        self.references[content] = self.references.get(content, 0) + number


def key_of(content: ContentHash) -> bytes:
    """Return the 32 bytes that a content address stands for."""
    return bytes.fromhex(content.removeprefix(_PREFIX))


def address_of(key: bytes) -> ContentHash:
    """Return the content address that 32 bytes stand for."""
    return ContentHash(_PREFIX + key.hex())


def take_out(state: bytes, bodies: Bodies) -> bytes:
    """Return an event's JSON text with its large values moved to `bodies`.

    Where each belongs is kept under `@`: its hash, then the names that lead to it.
    """
    fields: Fields = orjson.loads(state)
    places: list[list[str]] = []
    for name, value in list(fields.items()):
        if _size(value) > BODY_LIMIT:
            places += [_move(fields, path, bodies) for path in _large_parts(name, value)]
    return orjson.dumps({_MARK: places} | fields) if places else state


def put_back(state: bytes, fetch: Callable[[ContentHash], bytes]) -> bytes:
    """Return the JSON text as it was before `take_out`, keys of objects sorted."""
    fields: Fields = orjson.loads(state)
    for content, *path in fields.pop(_MARK):
        holder = fields
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = orjson.Fragment(fetch(ContentHash(content)))
    return orjson.dumps(fields)


def _large_parts(name: str, value: Any) -> list[list[str]]:  # noqa: ANN401 - any JSON
    """Return the paths to move: an object's large entries if that makes it small, else all.

    So one large value bound into the arguments of many steps is stored once.
    """
    if not isinstance(value, dict):
        return [[name]]
    large = [entry for entry in value if _size(value[entry]) > BODY_LIMIT]
    rest = {entry: value[entry] for entry in value if entry not in large}
    return [[name, entry] for entry in large] if _size(rest) <= BODY_LIMIT else [[name]]


def _move(fields: Fields, path: list[str], bodies: Bodies) -> list[str]:
    holder = fields
    for name in path[:-1]:
        holder = holder[name]
    data = canonical_bytes(holder.pop(path[-1]))
    content = hash_of(data)
    bodies.add(content, data)
    return [content, *path]


def _size(value: Any) -> int:  # noqa: ANN401 - any JSON
    return len(orjson.dumps(value))
