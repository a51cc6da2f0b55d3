"""`csv.read`: a CSV file of the confined folder as a list of objects."""

from __future__ import annotations

from milepost.domain.errors import ExecutionError
from milepost.domain.values import JsonScalar
from milepost.engine.tooling import Tool

from .decorator import tool
from .files import decoded
from .folder import ConfinedFolder
from .table import Table, parse_csv, with_numbers


def csv_tools(folder: ConfinedFolder, *, max_bytes: int, max_rows: int) -> list[Tool]:
    """Return the CSV reader, confined to `folder`."""

    @tool(name="csv.read", effect="read")
    def read_csv(
        path: str,
        *,
        delimiter: str = ",",
        numbers: bool = False,
        encoding: str = "utf-8",
    ) -> list[dict[str, JsonScalar]]:
        """Read a CSV file with a header line; `numbers` turns columns of numbers into numbers."""
        content = folder.read(path, max_bytes=max_bytes)
        text = decoded(content, encoding=encoding, path=path)
        table = parse_csv(text, path=path, delimiter=delimiter, max_rows=max_rows)
        return (with_numbers(table) if numbers else table).objects()

    return [read_csv]


def csv_table(folder: ConfinedFolder, path: str, *, max_bytes: int, max_rows: int) -> Table:
    """Return a comma-separated UTF-8 file as a table with numbers, for SQL."""
    text = decoded(folder.read(path, max_bytes=max_bytes), encoding="utf-8", path=path)
    table = parse_csv(text, path=path, delimiter=",", max_rows=max_rows)
    _refuse_names_alike(table.columns, path=path)
    return with_numbers(table)


def _refuse_names_alike(columns: list[str], *, path: str) -> None:
    """Raise `ExecutionError` for columns that are one to SQL: only A to Z are as good as a to z."""
    seen: dict[bytes, str] = {}
    for name in columns:
        other = seen.setdefault(name.encode().lower(), name)
        if other != name:
            message = f"path {path!r}: columns {other!r} and {name!r} are one to SQL; rename one"
            raise ExecutionError(message, code="invalid_content", retryable=False)
