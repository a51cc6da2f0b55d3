"""A text as its difference from another one: what to copy from it, and what to insert."""

from __future__ import annotations

BLOCK = 32
"""Bytes that must be the same for a copy."""
_SEVEN_BITS, _MORE = 0x7F, 0x80


def make(base: bytes, target: bytes) -> bytes:
    """Return what `apply` makes the target of, with the base."""
    blocks = {base[at : at + BLOCK]: at for at in range(0, len(base) - BLOCK + 1, BLOCK)}
    delta = bytearray()
    written = at = 0
    while at <= len(target) - BLOCK:
        source = blocks.get(target[at : at + BLOCK])
        if source is None:
            at += 1
            continue
        before = _same_before(base[:source], target[written:at])
        source, at = source - before, at - before
        length = _same_from(base, source, target, at)
        _insert(delta, target[written:at])
        _number(delta, source)
        _number(delta, length)
        written = at = at + length
    if written < len(target):
        _insert(delta, target[written:])
    return bytes(delta)


def apply(base: bytes, delta: bytes) -> bytes:
    """Return the target; raise `ValueError` for what is no difference from this base."""
    target = bytearray()
    at = 0
    while at < len(delta):
        length, at = _read(delta, at)
        target += _part(delta, at, length)
        at += length
        if at < len(delta):
            source, at = _read(delta, at)
            length, at = _read(delta, at)
            target += _part(base, source, length)
    return bytes(target)


def _same_from(base: bytes, source: int, target: bytes, at: int) -> int:
    """Return how many bytes are the same from there on."""
    most = min(len(base) - source, len(target) - at)
    length, step = 0, BLOCK
    while step:
        end = length + step
        if end <= most and base[source + length : source + end] == target[at + length : at + end]:
            length, step = end, step * 2
        else:
            step //= 2
    return length


def _same_before(base: bytes, target: bytes) -> int:
    """Return how many bytes at the end of both are the same."""
    length, most = 0, min(len(base), len(target))
    while length < most and base[-length - 1] == target[-length - 1]:
        length += 1
    return length


def _insert(delta: bytearray, text: bytes) -> None:
    _number(delta, len(text))
    delta += text


def _number(delta: bytearray, number: int) -> None:
    """Append a number, seven bits to a byte, the lowest first."""
    while number > _SEVEN_BITS:
        delta.append(number & _SEVEN_BITS | _MORE)
        number >>= 7
    delta.append(number)


def _read(delta: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends."""
    number = shift = 0
    while at < len(delta):
        byte = delta[at]
        at += 1
        number |= (byte & _SEVEN_BITS) << shift
        if byte <= _SEVEN_BITS:
            return number, at
        shift += 7
    raise ValueError("the difference ends too early")


def _part(text: bytes, start: int, length: int) -> bytes:
    if start + length > len(text):
        raise ValueError("the difference goes beyond what it is a difference from")
    return text[start : start + length]
