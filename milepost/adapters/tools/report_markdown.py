"""A report as Markdown."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import quote

from milepost.domain.values import JsonScalar

from .report_document import Report, Section, cell_text, columns_of

_SIGNS = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!https?://[^\s<>\"'`]*>)")
_ORDINAL = re.compile(r"^(\d+)([.)])")


def markdown(report: Report, *, path: str) -> str:
    """Return the report's Markdown; images are linked relative to its own `path`."""
    blocks = [f"# {plain_line(report.title)}"] if report.title else []
    for section in report.sections:
        blocks.extend(_blocks(section, folder=posixpath.dirname(path)))
    return "\n\n".join(blocks) + "\n"


def plain_line(text: str) -> str:
    """Return text for one line of Markdown in which no sign means anything."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ORDINAL.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", line))


def without_tags(text: str) -> str:
    """Return Markdown as it is, links in angle brackets too, but with HTML tags shown as text."""
    return _TAG.sub("&lt;", text)


def _blocks(section: Section, *, folder: str) -> Iterator[str]:
    if section.heading:
        yield f"## {plain_line(section.heading)}"
    if section.text.strip():
        yield without_tags(section.text.strip("\n"))
    if section.table:
        yield "\n".join(_table_lines(section.table))
    if section.image:
        target = quote(posixpath.relpath(section.image, folder or "."), safe="/.")
        yield f"![{plain_line(section.alt or section.heading)}]({target})"


def _table_lines(table: list[dict[str, JsonScalar]]) -> Iterator[str]:
    columns = columns_of(table)
    yield _line([plain_line(name) for name in columns])
    yield _line(["---"] * len(columns))
    for row in table:
        yield _line([plain_line(cell_text(row.get(name))) for name in columns])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
