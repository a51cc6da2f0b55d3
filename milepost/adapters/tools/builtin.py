"""The tools that come with Milepost, safe by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from milepost.engine.tooling import Tool

from .addresses import Resolver, resolve
from .calc import calc_tools
from .chart import chart_tools
from .clock import clock_tools
from .csv_file import csv_tools
from .files import file_tools
from .folder import ConfinedFolder
from .http import http_tools
from .http_messages import HttpLimits
from .report import report_tools
from .sql import SqlLimits, sql_tools
from .text import text_tools

MEBIBYTE = 1024 * 1024


def _now() -> datetime:
    return datetime.now(UTC)


def _nothing(_path: Path) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOptions:
    """What the built-in tools may do; the limits hold for one call.

    `folder` is all of the disk that they see. `database` is the file in it that `sql.query` asks
    when a call names neither a database nor tables. `is_withheld` tells of a real path whether the
    store's files are meant, which no tool may touch. `now` and `resolver` are seams for tests.
    """

    folder: Path
    is_withheld: Callable[[Path], bool] = _nothing
    allow_private_addresses: bool = False
    allow_sql_write: bool = False
    database: str = "data.db"
    max_file_bytes: int = 16 * MEBIBYTE
    max_rows: int = 100_000
    max_http_bytes: int = 16 * MEBIBYTE
    http_seconds: float = 30.0
    sql_seconds: float = 30.0
    now: Callable[[], datetime] = _now
    resolver: Resolver = resolve


def builtin_tools(options: ToolOptions) -> list[Tool]:
    """Return all built-in tools, bound to `options`."""
    folder = ConfinedFolder(options.folder, is_withheld=options.is_withheld)
    return [
        *calc_tools(),
        *chart_tools(folder),
        *clock_tools(options.now),
        *csv_tools(folder, max_bytes=options.max_file_bytes, max_rows=options.max_rows),
        *file_tools(folder, max_bytes=options.max_file_bytes),
        *http_tools(_http_limits(options)),
        *report_tools(folder, max_bytes=options.max_file_bytes),
        *sql_tools(folder, _sql_limits(options)),
        *text_tools(),
    ]


def _http_limits(options: ToolOptions) -> HttpLimits:
    return HttpLimits(
        allow_private=options.allow_private_addresses,
        seconds=options.http_seconds,
        max_bytes=options.max_http_bytes,
        resolver=options.resolver,
    )


def _sql_limits(options: ToolOptions) -> SqlLimits:
    return SqlLimits(
        database=options.database,
        allow_write=options.allow_sql_write,
        max_rows=options.max_rows,
        max_bytes=options.max_file_bytes,
        seconds=options.sql_seconds,
    )
