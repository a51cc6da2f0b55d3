"""What is refused before anything is loaded, so that no file can harm the one who reads it.

The readers refuse what shows in the structure (aliases, tags, doubled keys, depth); here are the
limits, and what shows in the bytes and in single texts and numbers.
"""

from __future__ import annotations

import re
from pathlib import Path

from milepost.domain.errors import LimitError, ValidationError

MAX_BYTES = 4_000_000
"""Enough for 10,000 steps, written at length."""
MAX_DEPTH = 32
"""Deep enough for six branches inside one another with a nested input at the bottom."""
MAX_VALUES = 200_000
MAX_INTEGER = 2**63 - 1

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises `LimitError` for a file over `MAX_BYTES` and `ValidationError` for one that is not
    there, cannot be read or is not clean UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ValidationError(
            "there is no such file", where=str(path), mend="check the path"
        ) from None
    except OSError as error:
        raise ValidationError(
            f"it cannot be read ({error.strerror or error})", where=str(path)
        ) from error
    if len(data) > MAX_BYTES:
        raise _too_large(str(path), path.stat().st_size)
    return decoded(data, name=str(path))


def decoded(data: bytes, *, name: str) -> str:
    """Return UTF-8 bytes as a text, a byte order mark at its start left out."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise ValidationError("it is UTF-16", where=name, mend="save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValidationError(
            f"byte {error.start} is not UTF-8", where=f"{name}:{line}", mend="save it as UTF-8"
        ) from error
    return clean(text, name=name)


def clean(text: str, *, name: str) -> str:
    """Return `text`; raise for one that is too large or has control characters."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise _too_large(name, len(text.encode(errors="replace")))
    fault = _CONTROL.search(text) or _SURROGATE.search(text)
    if fault:
        line = text.count("\n", 0, fault.start()) + 1
        column = fault.start() - text.rfind("\n", 0, fault.start())
        raise ValidationError(
            f"the character U+{ord(fault[0]):04X} cannot stand in a workflow",
            where=f"{name}:{line}:{column}",
            mend="remove it, or write it as an escape in a quoted text",
        )
    return text


def scalar_problem(value: str | float | bool | None) -> str | None:  # noqa: FBT001 - any scalar
    """Return what is wrong with a text or a number, None when nothing is."""
    if isinstance(value, str):
        if not value.isascii() and _SURROGATE.search(value):
            return "the text has half of a surrogate pair, which is no character"
        return "the text has the character U+0000" if "\x00" in value else None
    if isinstance(value, float) and value - value != 0:
        return f"{value} is not JSON"
    if isinstance(value, int) and not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
        return "the number needs more than 64 bits"
    return None


def printable(text: str) -> str:
    """Return a text for a message of one line: what would move a terminal's cursor, as escapes."""
    return _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], text)


def too_deep(where: str) -> LimitError:
    """Return the error for nesting beyond `MAX_DEPTH`."""
    return LimitError("the depth of nesting", allowed=MAX_DEPTH, given="more", where=where)


def too_many(where: str) -> LimitError:
    """Return the error for more than `MAX_VALUES` keys and values."""
    return LimitError("the number of values", allowed=f"{MAX_VALUES:,}", given="more", where=where)


def _too_large(name: str, size: int) -> LimitError:
    given = f"{size:,}" if size > MAX_BYTES else "more"
    return LimitError("its size in bytes", allowed=f"{MAX_BYTES:,}", given=given, where=name)
