"""The table that the bench prints: workload by system, with ratios to Milepost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .programs import OURS, Document
from .workloads import Figure, Sizes, Workload, workload

COLUMNS: Final = (
    "workload",
    "system",
    "median",
    "spread",
    "to Milepost",
    "also",
    "peak MB",
    "B/step",
    "B/step open",
    "durability in force",
)
ABSENT: Final = "-"
LEGEND: Final = (
    "to Milepost, and in brackets: how many times worse than Milepost the system is "
    "(below 1: better); spread: smallest and largest run.\n"
    "peak MB: largest resident size of the process, interpreter and imports included "
    "(W4: of the process that reads, W5: of the second process).\n"
    "B/step: bytes on disk divided by steps after the store was closed; "
    "open: with the write-ahead log as it stood at the last step."
)


def result_table(documents: Sequence[Document], workloads: Sequence[Workload], sizes: Sizes) -> str:
    """Lay out all documents, Milepost first in each workload, with what each workload is."""
    rows = [_row(each, _ours(documents, each["workload"])) for each in documents]
    stored = [
        f"  {each['workload']} {each['system']}: {each['remark']}"
        for each in documents
        if each["remark"]
    ]
    meanings = [f"  {each.described(sizes)}" for each in workloads]
    stored = ["Stored:", *stored] if stored else []
    return "\n".join([lay_out(COLUMNS, rows), LEGEND, *meanings, *stored])


def lay_out(columns: Sequence[str], rows: Sequence[Sequence[str]], *, grouped: bool = True) -> str:
    """Align columns; a line under the head and, if `grouped`, wherever the first cell changes."""
    widths = [max(len(row[at]) for row in [columns, *rows]) for at in range(len(columns))]
    rule = "  ".join("-" * width for width in widths)
    lines = [_line(columns, widths)]
    before: str | None = None
    for row in rows:
        if before is None or (grouped and row[0] != before):
            lines.append(rule)
        lines.append(_line(row, widths))
        before = row[0]
    return "\n".join([*lines, rule])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return "  ".join(cell.ljust(width) for cell, width in pairs).rstrip()


def _ours(documents: Sequence[Document], name: str) -> Document | None:
    found = (each for each in documents if each["system"] == OURS and each["workload"] == name)
    return next(found, None)


def _row(document: Document, ours: Document | None) -> list[str]:
    first, *others = workload(document["workload"].split()[0]).figures
    medians = document["medians"]
    return [
        document["workload"],
        f"{document['system']} {document['version']}",
        f"{_number(medians[first.key])} {first.label}",
        _spread([run[first.key] for run in document["runs"]]),
        _ratio(first, document, ours),
        ", ".join(_other(figure, document, ours) for figure in others),
        _optional(medians, "peak_memory_mb"),
        _optional(medians, "bytes_per_step"),
        _optional(medians, "bytes_per_step_open"),
        document["durability"],
    ]


def _other(figure: Figure, document: Document, ours: Document | None) -> str:
    value = _optional(document["medians"], figure.key)
    ratio = _ratio(figure, document, ours)
    return f"{figure.label} {value}" + ("" if ratio == ABSENT else f" ({ratio})")


def _ratio(figure: Figure, document: Document, ours: Document | None) -> str:
    theirs = document["medians"].get(figure.key)
    mine = ours["medians"].get(figure.key) if ours else None
    if not theirs or not mine:
        return ABSENT
    return f"{mine / theirs if figure.more_is_better else theirs / mine:.2f}"


def _spread(values: Sequence[float]) -> str:
    return f"{_number(min(values))} .. {_number(max(values))}"


def _optional(medians: Mapping[str, float], key: str) -> str:
    return _number(medians[key]) if key in medians else ABSENT


def _number(value: float) -> str:
    if value == int(value) or value >= 100:  # noqa: PLR2004 - three digits are enough
        return f"{value:,.0f}"
    return f"{value:.3g}"
