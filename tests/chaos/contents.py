"""Stored bodies, read by code apart from the product's: whole ones, and differences from others."""

import hashlib
import json
import sqlite3
from contextlib import suppress
from typing import Any

Row = tuple[bytes, bytes | None]


def read_contents(connection: sqlite3.Connection) -> tuple[dict[str, Any], list[str]]:
    """Return what each address stands for, and a line for each body that is not what it is."""
    rows = {
        key: (data.encode() if isinstance(data, str) else data, base)
        for key, data, base in connection.execute("SELECT hash, data, base FROM body_data")
    }
    found, damage = {}, []
    for key in rows:
        try:
            body = _whole(rows, key)
        except (KeyError, IndexError, RecursionError):
            body = b""
        if hashlib.sha256(body).digest() != key:
            damage.append(f"the body {key.hex()[:12]} is another, or cannot be read")
        with suppress(ValueError):
            found["sha256:" + key.hex()] = json.loads(body)
    return found, damage


def _whole(rows: dict[bytes, Row], key: bytes) -> bytes:
    data, base = rows[key]
    return data if base is None else _patched(_whole(rows, base), data)


def _patched(base: bytes, data: bytes) -> bytes:
    """Return a body from its difference: some bytes of its own, some of the base, and so on."""
    made, at = b"", 0
    while at < len(data):
        own, at = _number(data, at)
        made, at = made + data[at : at + own], at + own
        if at < len(data):
            start, at = _number(data, at)
            length, at = _number(data, at)
            made += base[start : start + length]
    return made


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where it ends."""
    number = shift = 0
    while data[at] & 0x80:
        number |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
    return number | data[at] << shift, at + 1
