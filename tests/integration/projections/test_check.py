"""The check names everything that is not as it must be, and nothing else."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from anyio import to_thread

from milepost.adapters.store import check as check_module
from milepost.adapters.store.check import check_store
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.open_reads import open_reads
from milepost.adapters.store.rebuild import rebuild_store
from milepost.domain.errors import UnknownNameError
from milepost.domain.events import StepSkipped, WorkflowPublished
from milepost.domain.ids import PlanId, workflow_stream
from milepost.engine.journal import Journal, Save
from milepost.projections import step_rows
from milepost.projections.rows import PlanChange, StepChange
from tests.unit.projections.made import BEGINNING, Record, body_of, content_of, plan_of, tool_step

from .legal_logs import LegalLog, legal_log
from .stores import append, finished, store
from .test_large_values import LARGE

pytestmark = pytest.mark.anyio


async def sound_store(path: Path) -> None:
    """Store two plans and a workflow."""
    async with open_journal(path) as journal:
        await append(journal, finished("p1", output=LARGE, tags=("t",)))
        await append(journal, finished("p2"))
        await publish(journal)


async def publish(journal: Journal) -> None:
    spec = plan_of(tool_step("a"), name="w")
    event = WorkflowPublished(
        originator_id=workflow_stream("w"),
        originator_version=1,
        timestamp=BEGINNING,
        version="1.0",
        content=content_of(spec),
    )
    contents = {content_of(spec): body_of(spec)}
    await journal.append(Save(PlanId(workflow_stream("w")), [event], contents=contents))


def tamper(path: Path, *statements: str) -> None:
    """Change the file behind the product's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def test_a_sound_store_has_no_findings(path: Path) -> None:
    await sound_store(path)
    report = check_store(path)
    assert report.is_sound
    assert (report.events, report.plans, report.is_cut) == (15, 2, False)


@pytest.mark.parametrize(
    ("statement", "check", "where"),
    [
        ("UPDATE steps SET status = 6 WHERE path = 'a'", "steps", "step p1.a"),
        ("UPDATE steps SET attempt = 2 WHERE path = 'b'", "steps", "step p2.b"),
        ("DELETE FROM steps WHERE path = 'a'", "steps", "step p1.a"),
        (
            "INSERT INTO steps SELECT plan_no, 'z', 1, 0, 0, NULL, NULL, 9 FROM plans",
            "steps",
            "step p2.z",
        ),
        ("UPDATE plans SET completed = completed - 1", "plans", "plan p1"),
        ("UPDATE plans SET steps = 3 WHERE id = 'p2'", "plans", "plan p2"),
        ("UPDATE plans SET last = 1 WHERE id = 'p2'", "plans", "plan p2"),
        ("DELETE FROM plans WHERE id = 'p1'", "plans", "plan p1"),
        ("DELETE FROM history WHERE position = 4", "history", "plan p1 position 4"),
        ("UPDATE history SET kind = 34 WHERE position = 4", "history", "plan p1 position 4"),
        ("DELETE FROM plan_states WHERE status = 2", "plan_states", "plan p1 position 2"),
        ("DELETE FROM plan_labels WHERE label = 5", "plan_labels", "plan p1 tag 't'"),
        (
            "INSERT INTO plan_labels VALUES (5, 'u', 8, 8)",
            "plan_labels",
            "plan p2 tag 'u'",
        ),
        ("INSERT INTO plan_labels VALUES (5, 'u', 99, 99)", "plan_labels", "plan number 99"),
        ("INSERT INTO history VALUES (99, 99, 1)", "history", "plan number 99"),
        ("UPDATE contents SET steps = 7", "contents", "content sha256:"),
        ("DELETE FROM content_labels WHERE word = 'other'", "content_labels", "content number 1"),
        ("UPDATE workflows SET retired = 3", "workflows", "workflow:w@1.0"),
        ("DELETE FROM workflows", "workflows", "workflow:w@1.0"),
        ("UPDATE bodies SET uses = uses + 1", "bodies", "body sha256:"),
        ("DELETE FROM bodies", "bodies", "body sha256:"),
        ("UPDATE body_data SET data = 'y' WHERE length(data) > 60000", "bodies", "body sha256"),
        (
            "UPDATE body_data SET data = x'22' WHERE length(data) > 60000",
            "bodies",
            "body sha256",
        ),
        ("UPDATE body_data SET base = 5 WHERE length(data) > 60000", "bodies", "body sha256:5"),
        ("DELETE FROM plan_owners WHERE plan = 'p1'", "plan_owners", "plan p1"),
        ("INSERT INTO plan_owners VALUES ('p9', '', 1)", "plan_owners", "plan p9"),
        (
            "DELETE FROM stored_events WHERE rowid = 4",
            "positions",
            "position 4",
        ),
        ("DELETE FROM stored_events WHERE rowid = 3", "versions", "stream p1.a"),
        (
            "UPDATE stored_events SET originator_version = 9 WHERE rowid = 4",
            "versions",
            "stream p1.a",
        ),
        ("UPDATE stored_events SET time = 5 WHERE rowid = 4", "times", "position 4"),
        (
            """UPDATE stored_events SET topic = 'step.skipped.v1',
              state = CAST('{"c":".a#1","reason":"blocked"}' AS BLOB) WHERE rowid = 4""",
            "transitions",
            "p1.a#2",
        ),
        (
            'UPDATE stored_events SET state = CAST(\'{"c":"#77"}\' AS BLOB) WHERE rowid = 3',
            "causes",
            "p1.a#1",
        ),
        ("UPDATE stored_events SET state = 'not JSON' WHERE rowid = 3", "events", "plan p1"),
        ("UPDATE stored_events SET topic = 'step.unheard.v1' WHERE rowid = 3", "events", "plan p1"),
        (
            "UPDATE stored_events SET originator_id = 'p3.a' WHERE originator_id = 'p2.a'",
            "events",
            "stream p3.a",
        ),
    ],
    ids=lambda value: value if " " in value else "",
)
async def test_what_was_changed_is_named(
    path: Path, statement: str, check: str, where: str
) -> None:
    await sound_store(path)
    tamper(path, statement)
    report = check_store(path)
    found = [finding for finding in report.findings if finding.check == check]
    assert [finding for finding in found if where in finding.where]
    assert not report.is_sound


async def test_a_finding_says_what_was_expected_and_what_was_found(path: Path) -> None:
    await sound_store(path)
    tamper(path, "UPDATE steps SET status = 6, ended = 3 WHERE plan_no = 1 AND path = 'a'")
    (finding,) = check_store(path).findings
    assert str(finding) == (
        "steps: step p1.a: expected status completed, ended 4, found status failed, ended 3"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE steps SET status = 6",
        "DELETE FROM plans",
        "DELETE FROM history",
        "DROP TABLE plan_labels",
        "UPDATE contents SET loops = 'x', steps = 9",
    ],
)
async def test_a_rebuild_mends_every_projection(path: Path, statement: str) -> None:
    await sound_store(path)
    with closing(sqlite3.connect(path)) as connection:
        sound = list(connection.iterdump())
    tamper(path, statement)
    rebuilt = rebuild_store(path)
    assert (rebuilt.events, rebuilt.position) == (15, 15)
    assert check_store(path).is_sound
    with closing(sqlite3.connect(path)) as connection:
        assert sorted(connection.iterdump()) == sorted(sound)


async def test_a_rebuild_in_mid_work_leaves_the_journal_going(path: Path) -> None:
    async with open_journal(path) as journal, open_reads(path) as reads:
        await append(journal, finished("p1"))
        await to_thread.run_sync(rebuild_store, path)
        await append(journal, finished("p2"))
        assert [plan.id for plan in (await reads.plans()).items] == ["p2", "p1"]
    assert check_store(path).is_sound


async def test_the_aggregates_disagree_with_a_wrong_row_function(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counts_as_failed(
        step: StepChange, plan: PlanChange, position: int, event: StepSkipped
    ) -> None:
        step_rows.failed(step, plan, position, event)

    monkeypatch.setitem(step_rows.STEP_ROWS, StepSkipped.kind, counts_as_failed)
    record = Record(plan_of(tool_step("a")), "p1")
    record.begin()
    record.add(StepSkipped, "a", reason="condition")
    await store(path, record)
    assert {(one.check, one.where) for one in check_store(path).findings} == {
        ("plans", "plan p1"),
        ("steps", "step p1.a"),
    }


async def test_what_the_engine_may_write_is_sound(path: Path) -> None:
    chance = random.Random(8)  # noqa: S311 - only variety is wanted
    log = legal_log(chance.randrange, length=150)
    await store_log(path, log)
    assert check_store(path).findings == ()


async def store_log(path: Path, log: LegalLog) -> None:
    """Store a random log, each plan's contents with its draft."""
    async with open_journal(path) as journal:
        for _position, event in log.events:
            content = getattr(event, "content", None)
            contents = {content: log.contents[content]} if content else {}
            plan = PlanId(event.originator_id.partition(".")[0].partition("!")[0])
            new = event.kind == "plan.drafted.v1"
            shared = event.kind.startswith(("workflow.", "request."))
            fence = None if new or shared else 1
            await journal.append(Save(plan, [event], fence=fence, new=new, contents=contents))


async def test_more_findings_than_can_be_read_are_cut(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "MOST_FINDINGS", 3)
    await sound_store(path)
    tamper(path, "DELETE FROM history")
    report = check_store(path)
    assert (len(report.findings), report.is_cut) == (3, True)


def test_only_a_store_that_is_there_is_checked_or_rebuilt(path: Path) -> None:
    for act in (check_store, rebuild_store):
        function: Callable[[Path], object] = act
        with pytest.raises(UnknownNameError, match="there is no such store"):
            function(path)
    assert not path.exists()
