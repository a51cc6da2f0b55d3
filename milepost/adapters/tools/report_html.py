"""A report as one self-contained HTML page: pictures inside, no scripts, nothing loaded."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape

from milepost.domain.values import JsonScalar

from .report_document import Image, Report, Section, cell_text, columns_of

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.25rem .5rem}"
    "th{text-align:left;background:#f4f4f4}img{max-width:100%}pre{overflow:auto}"
)


def html(report: Report) -> str:
    """Return the page; all text is escaped, Markdown is rendered without its HTML."""
    title = report.title or "Report"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            *([f"<h1>{escape(report.title)}</h1>"] if report.title else []),
            *(block for section in report.sections for block in _blocks(section, report.images)),
            "</body></html>",
            "",
        ]
    )


def rendered(markdown: str) -> str:
    """Render Markdown; HTML in it is shown as text, and only links with safe schemes are links."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    page: str = parser.render(markdown)
    return page


def _blocks(section: Section, images: Mapping[str, Image]) -> Iterator[str]:
    if section.heading:
        yield f"<h2>{escape(section.heading)}</h2>"
    if section.text.strip():
        yield rendered(section.text)
    if section.table:
        yield _table(section.table)
    if section.image:
        image = images[section.image]
        data = base64.b64encode(image.content).decode("ascii")
        alt = escape(section.alt or section.heading)
        yield f'<p><img alt="{alt}" src="data:{image.media_type};base64,{data}"></p>'


def _table(table: list[dict[str, JsonScalar]]) -> str:
    columns = columns_of(table)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = (
        "".join(f"<td>{escape(cell_text(row.get(name)))}</td>" for name in columns) for row in table
    )
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
