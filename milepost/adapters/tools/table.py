"""CSV text as a table, with limits and, when wanted, whole columns turned into numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from milepost.domain.errors import ExecutionError
from milepost.domain.values import JsonScalar

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_MOST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of equal length."""

    columns: list[str]
    rows: list[Sequence[JsonScalar]]

    def objects(self) -> list[dict[str, JsonScalar]]:
        """Return one object per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def parse_csv(text: str, *, path: str, delimiter: str, max_rows: int) -> Table:
    """Return the table of texts; raise `ExecutionError` invalid_content or too_large."""
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise _failed(f"delimiter {delimiter!r}: is not one character", code="invalid_argument")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _header(next(lines, []), path=path)
        rows: list[Sequence[JsonScalar]] = list(_body(lines, columns, path=path, max_rows=max_rows))
    except csv.Error as error:
        raise _failed(f"path {path!r}: line {lines.line_num}: {error}") from error
    return Table(columns, rows)


def with_numbers(table: Table) -> Table:
    """Return the table with columns of numbers as numbers and empty cells as None.

    A column counts as numbers only when every filled cell is one as JSON would write it, so
    codes with leading zeros stay text. So do whole numbers beyond 64 bits: as floats, different
    ones would become equal.
    """
    cells = [[row[index] or None for row in table.rows] for index in range(len(table.columns))]
    typed = [_typed(column) for column in cells]
    return Table(table.columns, list(zip(*typed, strict=True)))


def _header(names: list[str], *, path: str) -> list[str]:
    columns = [name.strip() for name in names]
    if not columns or not all(columns):
        raise _failed(f"path {path!r}: line 1: a column has no name; name every column")
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise _failed(f"path {path!r}: line 1: column {twice!r} is there twice; rename one")
    return columns


def _body(
    lines: Iterator[list[str]], columns: list[str], *, path: str, max_rows: int
) -> Iterator[list[str]]:
    count = 0
    for row in lines:
        if not row:
            continue
        count += 1
        if len(row) != len(columns):
            wanted = f"{len(columns)} cells are expected, these are {len(row)}"
            raise _failed(f"path {path!r}: row {count}: {wanted}; check quotes and delimiter")
        if count > max_rows:
            problem = f"path {path!r}: has more than {max_rows} rows; raise max_rows or split it"
            raise _failed(problem, code="too_large")
        yield row


def _typed(column: Sequence[JsonScalar]) -> Sequence[JsonScalar]:
    texts = [cell for cell in column if isinstance(cell, str)]
    if texts and all(map(_WHOLE.fullmatch, texts)):
        if not all(map(_fits_64_bits, texts)):
            return column
        return [None if cell is None else int(cell) for cell in column]
    if texts and all(map(_is_decimal, texts)):
        return [None if cell is None else float(cell) for cell in column]
    return column


def _fits_64_bits(text: str) -> bool:
    return len(text.lstrip("-")) <= _MOST_DIGITS and _SMALLEST <= int(text) <= _LARGEST


def _is_decimal(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def _failed(message: str, *, code: str = "invalid_content") -> ExecutionError:
    return ExecutionError(message, code=code, retryable=False)
