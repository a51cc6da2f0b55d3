"""Reading a store file while, before and after it is written."""

import sqlite3
from contextlib import aclosing, closing
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

import milepost
from milepost.adapters.store import reads as reads_module
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.open_reads import open_reads
from milepost.domain.errors import StoreFormatError, UnknownNameError
from milepost.domain.events import (
    PlanCompleted,
    RequestMade,
    StepCompleted,
    WorkflowPublished,
    WorkflowRetired,
)
from milepost.domain.ids import PlanId, workflow_stream
from milepost.domain.plans import PlanStatus
from milepost.engine.journal import Save
from milepost.projections.views import EventView
from tests.unit.projections.made import BEGINNING, Record, body_of, content_of, plan_of, tool_step

from .stores import append, bytes_of, finished, store

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]


async def test_an_event_has_its_whole_envelope(path: Path) -> None:
    await store(path, finished("p1", output={"n": 1}, trace="00-1-2-01"))
    async with open_reads(path) as reads:
        event = (await reads.history("p1", kinds=["step.completed"], limit=1)).items[0]
        assert event == EventView(
            id="p1.a#2",
            position=4,
            kind="step.completed.v1",
            time=BEGINNING + timedelta(seconds=1),
            plan=PlanId("p1"),
            step="a",
            revision=1,
            actor="engine",
            cause="p1.a#1",
            trace="00-1-2-01",
            impact="step",
            data={"output": {"n": 1}},
        )
        assert await reads.event("p1.a#2") == event


async def test_intermediate_results_are_read_while_the_plan_goes_on(path: Path) -> None:
    record = finished("p1", output="half")
    so_far = [event for event in record.events if not isinstance(event, PlanCompleted)][:-1]
    async with open_journal(path) as journal, open_reads(path) as reads:
        await append(journal, record, so_far)
        step = await reads.step("p1", "a")
        assert (step.output, step.status) == ("half", "completed")
        assert (await reads.step("p1", "b")).status == "running"
        assert (await reads.plan("p1")).steps.running == 1
        rest = record.events[len(so_far) :]
        await journal.append(Save(PlanId("p1"), rest, fence=1))
        assert (await reads.plan("p1")).status is PlanStatus.COMPLETED
        assert (await reads.step("p1", "b")).output == "half"


async def test_results_of_a_failed_plan_stay_readable(path: Path) -> None:
    record = Record(plan_of(tool_step("a"), tool_step("b", "a")), "p1")
    record.begin()
    record.run("a", output={"kept": True})
    record.start("b")
    record.fail("b")
    await store(path, record)
    async with open_reads(path) as reads:
        assert (await reads.step("p1", "a")).output == {"kept": True}
        broken = await reads.step("p1", "b")
        assert broken.error is not None
        assert broken.error.message == "broken"


async def test_a_history_has_its_five_parts(path: Path) -> None:
    await store(path, finished("p1", session="talk"))
    async with open_reads(path) as reads:
        found = await reads.execution_history("p1", limit=3)
        assert found.session == "talk"
        assert [step.path for step in found.steps.items] == ["a", "b"]
        assert ([one.position for one in found.timeline.items], found.timeline.next) == (
            [1, 2, 3],
            3,
        )
        assert found.metrics.counts.completed == 2
        assert found.decisions.items == ()


async def test_a_follower_sees_every_event_in_order_and_waits_for_more(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads_module, "POLL", 0.001)
    seen: list[int] = []
    caught_up = anyio.Event()
    async with open_journal(path) as journal, open_reads(path) as reads:
        await append(journal, finished("p1"))

        async def follow() -> None:
            async with aclosing(reads.follow(after=2)) as events:
                async for event in events:
                    seen.append(event.position)
                    if event.position == 7:
                        caught_up.set()
                    if event.position == 14:
                        return

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(follow)
                await caught_up.wait()
                await append(journal, finished("p2"))
    assert seen == list(range(3, 15))


async def test_the_page_of_events_says_where_to_go_on(path: Path) -> None:
    await store(path, finished("p1"))
    async with open_reads(path) as reads:
        page = await reads.events(after=5, limit=100)
        assert ([one.position for one in page.items], page.next, page.as_of) == ([6, 7], None, 7)
        page = await reads.events(after=0, limit=3)
        assert (page.next, page.as_of) == (3, 3)
        page = await reads.events(after=7)
        assert (page.items, page.next, page.as_of) == ((), None, 7)


async def test_an_event_of_a_plan_that_was_never_drafted_is_not_stored(path: Path) -> None:
    async with open_journal(path) as journal, open_reads(path) as reads:
        request = RequestMade(
            originator_id="p9!requests", originator_version=1, timestamp=BEGINNING, command="pause"
        )
        with pytest.raises(UnknownNameError, match="there is no plan 'p9'"):
            await journal.append(Save(PlanId("p9"), [request]))
        await append(journal, finished("p1"))
        assert (await reads.counts()).events == 7


async def test_counts_say_how_much_there_is(path: Path) -> None:
    await store(path, finished("p1"), finished("p2"), Record(plan_of(tool_step("a")), "p3"))
    async with open_reads(path) as reads:
        counts = await reads.counts()
        assert (counts.events, counts.plans) == (15, 3)
        assert counts.by_status == {PlanStatus.COMPLETED: 2, PlanStatus.READY: 1}
        assert await reads.last_position() == 15


async def test_published_workflows_are_listed_with_what_became_of_them(path: Path) -> None:
    spec = plan_of(tool_step("a"), name="sales rep.")
    stream = workflow_stream("sales rep.")
    async with open_journal(path) as journal, open_reads(path) as reads:
        for version, event_type in enumerate((WorkflowPublished, WorkflowPublished), 1):
            event = event_type(
                originator_id=stream,
                originator_version=version,
                timestamp=BEGINNING,
                version=f"{version}.0",
                content=content_of(spec),
                description="Sell",
            )
            contents = {content_of(spec): body_of(spec)}
            await journal.append(Save(PlanId(stream), [event], contents=contents))
        retired = WorkflowRetired(
            originator_id=stream,
            originator_version=3,
            timestamp=BEGINNING + timedelta(days=1),
            version="1.0",
        )
        await journal.append(Save(PlanId(stream), [retired]))
        old, new = (await reads.workflows()).items
        assert (old.name, old.version, old.content) == ("sales rep.", "1.0", content_of(spec))
        assert (old.published_at, old.retired_at) == (BEGINNING, retired.timestamp)
        assert (new.version, new.retired_at, new.description) == ("2.0", None, "Sell")
        first = await reads.workflows(limit=1)
        assert first.next == "sales rep.@1.0"
        assert (await reads.workflows(after=first.next)).items == (new,)
        event = await reads.event(f"{stream}#3")
        assert (event.plan, event.step, event.data) == (None, None, {"version": "1.0"})


async def test_what_is_not_there_is_said_so(path: Path) -> None:
    await store(path, finished("p1"))
    async with open_reads(path) as reads:
        with pytest.raises(UnknownNameError, match="there is no plan 'p9'"):
            await reads.plan("p9")
        with pytest.raises(UnknownNameError, match="there is no plan 'p9'"):
            await reads.history("p9")
        with pytest.raises(UnknownNameError, match="plan p1 has no step 'c'"):
            await reads.step("p1", "c")
        for name in ("p1.a#9", "p1.a", "nothing", "p1#x"):
            with pytest.raises(UnknownNameError, match="there is no event"):
                await reads.event(name)


@pytest.mark.parametrize(
    ("content", "error", "problem"),
    [
        (None, UnknownNameError, "there is no such store"),
        (b"", UnknownNameError, "empty, not a store"),
        (b"this is a text, and not a short one either" * 100, StoreFormatError, "not a database"),
    ],
)
async def test_only_stores_are_opened_and_none_is_made(
    path: Path, content: bytes | None, error: type[Exception], problem: str
) -> None:
    if content is not None:
        await anyio.Path(path).write_bytes(content)
    with pytest.raises(error, match=problem):
        async with open_reads(path):
            pass
    assert bytes_of(path) == content


async def test_a_file_of_another_program_is_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = bytes_of(path)
    with pytest.raises(StoreFormatError, match="of another program"):
        async with open_reads(path):
            pass
    assert bytes_of(path) == before


async def test_reading_changes_nothing(path: Path) -> None:
    await store(path, finished("p1"))
    async with open_reads(path) as reads:
        before = bytes_of(path)
        await reads.plan("p1")
        await reads.execution_history("p1")
        assert bytes_of(path) == before


async def test_a_step_is_found_by_an_id_of_any_text(path: Path) -> None:
    record = Record(plan_of(tool_step("any id")), "p1")
    record.begin()
    record.run("any%20id", output=5)
    await store(path, record)
    async with open_reads(path) as reads:
        assert (await reads.step("p1", "any id")).output == 5
        assert (await reads.step("p1", "any%20id")).output == 5
        assert [event.step for event in (await reads.history("p1")).items][2:] == [
            *("any%20id", "any%20id")
        ]


async def test_a_story_that_is_kept_is_told_anew_once_the_plan_moves_on(path: Path) -> None:
    record = finished("p1")
    async with open_journal(path) as journal, open_reads(path) as reads:
        await append(journal, record, record.events[:3])
        assert (await reads.plan("p1")).steps.completed == 0
        assert (await reads.plan("p1")).steps.completed == 0
        completed = record.events[3]
        assert isinstance(completed, StepCompleted)
        await journal.append(Save(PlanId("p1"), [completed], fence=1))
        assert (await reads.plan("p1")).steps.completed == 1
        assert (await reads.plan("p1", as_of=3)).steps.completed == 0


async def test_a_store_named_by_a_relative_path_is_read_wherever_the_program_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        await store(folder / "plans.db", finished(folder.name))
    monkeypatch.chdir(here)
    async with milepost.open("plans.db") as mp:
        monkeypatch.chdir(there)
        assert [plan.id for plan in (await mp.plans()).items] == ["here"]
