"""Rows of bodies: whole, or as the difference from another body, which a chain of rows leads to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

from milepost.domain.errors import StoreFormatError
from milepost.domain.values import ContentHash

from .bodies import Delta, address_of, key_of
from .deltas import apply, make

LONGEST_CHAIN = 16
"""So many differences lie at most between a body and a whole one."""
_ROW = "SELECT data, base FROM body_data WHERE hash = ?"
CHAINS = f"""WITH RECURSIVE chain (body, depth, data, base) AS (
    SELECT hash, 0, data, base FROM body_data WHERE hash IN ({{marks}})
    UNION ALL
    SELECT chain.body, depth + 1, b.data, b.base
    FROM chain JOIN body_data AS b ON b.hash = chain.base WHERE depth < {LONGEST_CHAIN})
  SELECT body, data FROM chain ORDER BY depth DESC"""  # noqa: S608 - a number
"""The rows that bodies are made of, the whole ones first; `marks` for as many question marks."""
_CHAIN = CHAINS.format(marks="?")


class Known(NamedTuple):
    """A body that others may differ from, and how many differences it is made of itself."""

    data: bytes
    depth: int


def body_in(connection: sqlite3.Connection, content: ContentHash) -> bytes | None:
    """Return a stored body; None if there is none. Raises `StoreFormatError`."""
    row = connection.execute(_ROW, (key_of(content),)).fetchone()
    if row is None or row[1] is None:
        return row[0] if row else None
    known = known_in(connection, content)
    return known.data if known else None


def known_in(connection: sqlite3.Connection, content: ContentHash) -> Known | None:
    """Return a stored body and how long its chain is; None if there is none."""
    rows = connection.execute(_CHAIN, (key_of(content),)).fetchall()
    if not rows:
        return None
    return Known(joined(content, (data for _body, data in rows)), len(rows) - 1)


def joined(content: ContentHash, chain: Iterable[bytes]) -> bytes:
    """Return a body from the rows it is made of; raise `StoreFormatError` if they do not fit."""
    try:
        return reduce(apply, chain)
    except (TypeError, ValueError) as error:
        raise StoreFormatError(
            f"the body {content} was changed ({error}); run `check`, restore a backup"
        ) from error


def wholes(rows: Iterable[tuple[bytes, bytes]]) -> dict[ContentHash, bytes]:
    """Return bodies from the rows of `CHAINS`."""
    chains: dict[bytes, list[bytes]] = {}
    for key, data in rows:
        chains.setdefault(key, []).append(data)
    return {address_of(key): joined(address_of(key), chain) for key, chain in chains.items()}


def delta_of(base: ContentHash, known: Known, body: bytes) -> Delta | None:
    """Return a body as a difference if that saves at least half of it, else None."""
    if known.depth >= LONGEST_CHAIN:
        return None
    data = make(known.data, body)
    return Delta(base, data) if 2 * len(data) <= len(body) else None
