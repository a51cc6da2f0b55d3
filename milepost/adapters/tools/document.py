"""Files that tools make for people to look at, and where they go."""

from __future__ import annotations

import re
from dataclasses import dataclass

from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json
from milepost.engine.tooling import ToolCall

from .folder import Written

_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was made: its path in the folder, its format, its size and SHA-256 in hex."""

    path: str
    format: str
    bytes: int
    sha256: str


def document(written: Written, *, format_: str) -> Document:
    """Return the written file as a document."""
    return Document(written.path, format_, written.bytes, written.sha256)


def default_path(call: ToolCall, extension: str) -> str:
    """Return a path of the step's own: a folder per plan, the step's name, the extension."""
    return f"{_file_name(call.plan)}/{_file_name(call.step)}.{extension}"


def exactly_one(**given: Json) -> Json:
    """Return the one value that is given; raise `ExecutionError` for none or several."""
    values = [value for value in given.values() if value is not None]
    if len(values) != 1:
        message = f"{', '.join(given)}: give one of them"
        raise ExecutionError(message, code="invalid_argument", retryable=False)
    return values[0]


def _file_name(text: str) -> str:
    return _UNSAFE.sub("_", text)[:80].strip(".") or "_"
