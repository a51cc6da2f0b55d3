"""`file.read` and `file.write`: text files in the confined folder."""

from __future__ import annotations

from dataclasses import dataclass

from milepost.domain.errors import ExecutionError
from milepost.engine.tooling import Tool

from .charsets import codec_of
from .decorator import tool
from .folder import ConfinedFolder, Written


@dataclass(frozen=True, slots=True)
class FileContent:
    """A text file as read."""

    path: str
    text: str
    bytes: int


def file_tools(folder: ConfinedFolder, *, max_bytes: int) -> list[Tool]:
    """Return the file tools, confined to `folder`; no file over `max_bytes` passes."""

    @tool(name="file.read", effect="read")
    def read_file(path: str, encoding: str = "utf-8") -> FileContent:
        """Read a text file in the folder."""
        content = folder.read(path, max_bytes=max_bytes)
        return FileContent(path, decoded(content, encoding=encoding, path=path), len(content))

    @tool(name="file.write", effect="write")
    def write_file(path: str, text: str, *, replace: bool = True) -> Written:
        """Write a text file in the folder as UTF-8, whole or not at all."""
        return folder.write(path, encoded(text, max_bytes=max_bytes), replace=replace)

    return [read_file, write_file]


def decoded(content: bytes, *, encoding: str, path: str) -> str:
    """Return bytes as text without a byte order mark; raise `ExecutionError` if they are none."""
    codec = codec_of(encoding)
    if codec is None:
        message = f"encoding {encoding!r}: is not known; use utf-8 or latin-1, for example"
        raise ExecutionError(message, code="invalid_argument", retryable=False)
    try:
        return content.decode("utf_8_sig" if codec == "utf_8" else codec)
    except UnicodeDecodeError as error:
        message = f"path {path!r}: is not {encoding} text at byte {error.start}; name its encoding"
        raise ExecutionError(message, code="invalid_content", retryable=False) from error


def encoded(text: str, *, max_bytes: int) -> bytes:
    """Return text as UTF-8; raise `ExecutionError` for half characters and for too many bytes."""
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        message = f"text: holds half a character at {error.start}; repair the text"
        raise ExecutionError(message, code="invalid_argument", retryable=False) from error
    if len(content) > max_bytes:
        message = f"text: is {len(content)} bytes, at most {max_bytes} are written"
        raise ExecutionError(message, code="too_large", retryable=False)
    return content
