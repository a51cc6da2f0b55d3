"""Store files for tests of reading, written through the journal as the engine does."""

from collections.abc import Iterable
from pathlib import Path

from milepost.adapters.store.journal import open_journal
from milepost.domain.events import Event
from milepost.domain.ids import PlanId
from milepost.engine.journal import Journal, Save
from tests.unit.projections.made import Record, body_of, content_of, plan_of, tool_step


async def store(path: Path, *records: Record) -> None:
    """Store the records' plans, one after the other."""
    async with open_journal(path) as journal:
        for record in records:
            await append(journal, record)


async def append(journal: Journal, record: Record, events: Iterable[Event] | None = None) -> None:
    """Store a new plan, with all its events or the first of them."""
    content = content_of(record.spec)
    given = list(record.events if events is None else events)
    contents = {content: body_of(record.spec)}
    await journal.append(Save(PlanId(record.plan), given, new=True, contents=contents))


def finished(plan: str, output: object = 1, **draft: object) -> Record:
    """Return a plan of two steps that is done."""
    spec = plan_of(tool_step("a"), tool_step("b", "a", tool="other"), name="pair")
    record = Record(spec, plan, **draft)
    record.begin()
    record.run("a", output=output)
    record.run("b", output=output)
    record.end("b")
    return record


def bytes_of(path: Path) -> bytes | None:
    """Return what is in a file, None if there is none."""
    return path.read_bytes() if path.exists() else None
