"""`report.generate`: a Markdown or HTML document in the folder."""

from __future__ import annotations

from typing import Literal

from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json
from milepost.engine.tooling import Tool, ToolCall

from .decorator import tool
from .document import Document, default_path, document
from .files import encoded
from .folder import ConfinedFolder
from .report_document import Report, Section, load_images, refuse_large_tables, section_of
from .report_html import html
from .report_markdown import markdown

ReportFormat = Literal["markdown", "html"]

_EXTENSIONS = {"markdown": "md", "html": "html"}


def report_tools(folder: ConfinedFolder, *, max_bytes: int) -> list[Tool]:
    """Return the report tool; it reads images from `folder` and writes into it."""

    @tool(name="report.generate", effect="write")
    def generate_report(
        call: ToolCall,
        *,
        title: str = "",
        sections: list[Section] | None = None,
        input: Json = None,  # noqa: A002 - the workflow language's name for a bare value
        format: ReportFormat = "markdown",  # noqa: A002 - the plain word
        path: str | None = None,
    ) -> Document:
        """Write a report of sections (heading, text, table, image) or of a bare Markdown text."""
        report = _report(folder, title=title, sections=sections, value=input)
        target = path or default_path(call, _EXTENSIONS[format])
        text = html(report) if format == "html" else markdown(report, path=target)
        content = encoded(text, max_bytes=max_bytes)
        return document(folder.write(target, content), format_=format)

    return [generate_report]


def _report(
    folder: ConfinedFolder, *, title: str, sections: list[Section] | None, value: Json
) -> Report:
    """Put the sections and the bare value together; at least one of them must be there."""
    parts = [] if value is None else [section_of(value)]
    parts.extend(sections or ())
    if not parts:
        message = "sections, input: give at least one of them"
        raise ExecutionError(message, code="invalid_argument", retryable=False)
    has_own_title = parts[0].text.lstrip().startswith("# ")
    refuse_large_tables(parts)
    shown = title or ("" if has_own_title else "Report")
    return Report(shown, parts, load_images(folder, parts))
