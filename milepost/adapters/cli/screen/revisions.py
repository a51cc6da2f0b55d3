"""Revisions: a table of them, and the lines that tell what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from milepost.domain.course import RevisionRecord
from milepost.domain.revisions import PlanDiff, lines

from .tables import pairs, table
from .terminal import one_line
from .times import moment

_STYLES = {"+": "green", "-": "red", "~": "yellow"}


def revision_table(records: Iterable[RevisionRecord]) -> Table:
    """Return revisions, the first one first."""
    rows = (
        (
            str(record.number),
            str(record.parent or ""),
            _made_by(record),
            record.trigger or "",
            record.strategy or "",
            one_line(record.author, 24),
            moment(record.at),
            record.content.removeprefix("sha256:")[:10],
            f"{record.kept}/{record.reset}/{len(record.removed)}" if record.parent else "",
            one_line(record.why, 60),
        )
        for record in records
    )
    columns = (">no", ">of", "made by", "trigger", "strategy", "author", "time", "content")
    return table((*columns, "kept/reset/removed", "why"), rows)


def revision_facts(plan: str, record: RevisionRecord) -> Table:
    """Return what there is to say about one revision besides its content."""
    facts = (
        ("plan", Text(plan, "bold")),
        ("revision", str(record.number)),
        ("of", str(record.parent or "")),
        ("workflow", one_line(record.workflow or "")),
        ("made by", _made_by(record)),
        ("trigger", record.trigger or ""),
        ("strategy", record.strategy or ""),
        ("author", one_line(record.author)),
        ("time", moment(record.at)),
        ("why", one_line(record.why)),
    )
    return pairs(facts)


def diff_lines(found: PlanDiff) -> Iterator[Text]:
    """Yield the lines that tell what differs."""
    for line in lines(found):
        yield Text(str(line), _STYLES.get(line.sign, ""))


def _made_by(record: RevisionRecord) -> str:
    word = record.made_by.removeprefix("plan.").replace("_", " ")
    return f"{word} to {record.equals}" if record.equals is not None else word
