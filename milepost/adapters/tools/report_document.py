"""What a report consists of, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import orjson

from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json, JsonScalar

from .folder import ConfinedFolder

MAX_TABLE_ROWS = 10_000
MAX_CELLS = 200_000
MAX_IMAGE_BYTES = 8 * 1024 * 1024
_IMAGE_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: a heading, text in Markdown, rows of a table, an image's path."""

    heading: str = ""
    text: str = ""
    table: list[dict[str, JsonScalar]] | None = None
    image: str | None = None
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of the folder, as it is put into a report."""

    path: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """A title (empty: the text brings its own), the sections, and the images they name."""

    title: str
    sections: list[Section]
    images: dict[str, Image]


def section_of(value: Json) -> Section:
    """Return a bare value as a section: text is Markdown, rows are a table, the rest is JSON."""
    if isinstance(value, str):
        return Section(text=value)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        rows = [row for row in value if isinstance(row, dict)]
        return Section(table=[{name: _cell(cell) for name, cell in row.items()} for row in rows])
    shown = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return Section(text="\n".join(f"    {line}" for line in shown.split("\n")))


def refuse_large_tables(sections: list[Section]) -> None:
    """Raise `ExecutionError` too_large for more rows or cells, empty ones too, than are shown."""
    cells = 0
    for table in filter(None, (section.table for section in sections)):
        if len(table) > MAX_TABLE_ROWS:
            raise _too_large(f"table: has {len(table)} rows, at most {MAX_TABLE_ROWS} are shown")
        cells += len(table) * len(columns_of(table))
        if cells > MAX_CELLS:
            raise _too_large(f"table: there are {cells} cells, at most {MAX_CELLS} are shown")


def columns_of(table: list[dict[str, JsonScalar]]) -> list[str]:
    """Return the names of all fields, in the order in which they first come."""
    return list(dict.fromkeys(name for row in table for name in row))


def cell_text(value: JsonScalar) -> str:
    """Return a cell as people read it; nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def load_images(folder: ConfinedFolder, sections: list[Section]) -> dict[str, Image]:
    """Read the images that the sections name; raise `ExecutionError` when one is not there."""
    return {item.image: _image(folder, item.image) for item in sections if item.image}


def _image(folder: ConfinedFolder, path: str) -> Image:
    media_type = _IMAGE_TYPES.get(PurePosixPath(path).suffix.lower())
    if media_type is None:
        message = f"image {path!r}: is of no known kind; use {', '.join(_IMAGE_TYPES)}"
        raise ExecutionError(message, code="invalid_argument", retryable=False)
    return Image(path, media_type, folder.read(path, max_bytes=MAX_IMAGE_BYTES))


def _too_large(problem: str) -> ExecutionError:
    return ExecutionError(f"{problem}; take fewer", code="too_large", retryable=False)


def _cell(value: Json) -> JsonScalar:
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return value
