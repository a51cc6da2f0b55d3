"""Plans and events are found by everything that is known of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from milepost.adapters.store.open_reads import open_reads
from milepost.domain.errors import UnknownNameError, ValidationError
from milepost.domain.events import ErrorRecord, Impact, PlanFailed, PlanPaused, RequestMade
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepKind
from milepost.projections.reader import PlanFilter
from tests.unit.projections.made import BEGINNING, Record, container, plan_of, tool_step

from .stores import finished, store

pytestmark = pytest.mark.anyio


def failed(plan: str) -> Record:
    """Return a plan whose second attempt failed as well."""
    both = container("both", StepKind.PARALLEL, tool_step("x", tool="http.request"))
    record = Record(
        plan_of(both, name="Nightly 100% Äußerst"), plan, tags=("night",), trace="00-1-2-01"
    )
    record.wait(60)
    record.begin()
    record.start("both")
    record.start("both.x")
    record.retry("both.x", 1, code="timeout")
    record.start("both.x", attempt=2)
    record.fail("both.x", code="http_500")
    record.fail("both", code="http_500")
    error = ErrorRecord(kind="execution", code="http_500", message="both failed")
    record.add(PlanFailed, reason="error", error=error)
    return record


def paused(plan: str) -> Record:
    """Return a plan that waits for a person."""
    record = Record(
        plan_of(tool_step("ask me")),
        plan,
        workflow="sales@2.0",
        session="s1",
        user="Ann",
        tags=("day", "blue"),
    )
    record.wait(120)
    record.begin()
    record.add(PlanPaused, reason="waiting for an answer", waiting=("ask%20me",))
    record.add_to(f"{plan}!requests", RequestMade, command="resume", actor="bob")
    return record


async def stored(path: Path) -> None:
    await store(path, finished("p1", session="s1", tags=("day",)), failed("p2"), paused("p3"))


@pytest.mark.parametrize(
    ("plan_filter", "plans"),
    [
        (PlanFilter(), ["p3", "p2", "p1"]),
        (PlanFilter(status=[PlanStatus.FAILED]), ["p2"]),
        (PlanFilter(status=[PlanStatus.PAUSED, PlanStatus.COMPLETED]), ["p3", "p1"]),
        (PlanFilter(name="pair"), ["p1"]),
        (PlanFilter(workflow="sales"), ["p3"]),
        (PlanFilter(workflow="sales@2.0"), ["p3"]),
        (PlanFilter(workflow="sales@1.0"), []),
        (PlanFilter(session="s1"), ["p3", "p1"]),
        (PlanFilter(session="s1", tag="blue"), ["p3"]),
        (PlanFilter(user="Ann"), ["p3"]),
        (PlanFilter(tag="day"), ["p3", "p1"]),
        (PlanFilter(tag="day", status=[PlanStatus.COMPLETED]), ["p1"]),
        (PlanFilter(tool="other"), ["p1"]),
        (PlanFilter(tool="work"), ["p3", "p1"]),
        (PlanFilter(tool="none"), []),
        (PlanFilter(step="b"), ["p1"]),
        (PlanFilter(step="both.x"), ["p2"]),
        (PlanFilter(step="x"), ["p2"]),
        (PlanFilter(step="ask me"), ["p3"]),
        (PlanFilter(error="timeout"), ["p2"]),
        (PlanFilter(error="http_500"), ["p2"]),
        (PlanFilter(error="execution", tag="night"), ["p2"]),
        (PlanFilter(error="unheard of"), []),
        (PlanFilter(text="NIGHT"), ["p2"]),
        (PlanFilter(text="100%"), ["p2"]),
        (PlanFilter(text="%"), ["p2"]),
        (PlanFilter(text="äUSSER"), ["p2"]),
        (PlanFilter(text="_"), []),
        (PlanFilter(text="x" * 60_000), []),
        (PlanFilter(text="p1"), ["p1"]),
        (PlanFilter(text="ann"), ["p3"]),
        (PlanFilter(text="timeout"), []),
    ],
    ids=lambda given: repr(given)[:200],
)
async def test_plans_are_found_newest_first(
    path: Path, plan_filter: PlanFilter, plans: list[str]
) -> None:
    await stored(path)
    async with open_reads(path) as reads:
        assert [one.id for one in (await reads.plans(plan_filter)).items] == plans


async def test_ids_are_found_by_their_beginning_and_only_so_many(path: Path) -> None:
    await store(path, *map(finished, ("b", "a", "a%c", "ab", "aa", "ba")))
    async with open_reads(path) as reads:
        assert await reads.plan_ids("a") == ("a", "a%c", "aa", "ab")
        assert await reads.plan_ids("a", limit=2) == ("a", "a%c")
        assert await reads.plan_ids("a%") == ("a%c",)
        assert await reads.plan_ids("A") == await reads.plan_ids("c") == ()


async def test_plans_are_found_by_the_time_of_their_draft(path: Path) -> None:
    first, second = finished("p1"), finished("p2")
    for event in second.events:
        object.__setattr__(event, "timestamp", event.timestamp + timedelta(hours=1))
    await store(path, first, second)
    async with open_reads(path) as reads:

        async def between(start: timedelta | None, end: timedelta | None) -> list[str]:
            created_from = BEGINNING + start if start is not None else None
            created_until = BEGINNING + end if end is not None else None
            found = PlanFilter(created_from=created_from, created_until=created_until)
            return [one.id for one in (await reads.plans(found)).items]

        hour, moment = timedelta(hours=1), timedelta(microseconds=1)
        assert await between(None, None) == ["p2", "p1"]
        assert await between(timedelta(), None) == ["p2", "p1"]
        assert await between(moment, None) == ["p2"]
        assert await between(hour, None) == ["p2"]
        assert await between(hour + moment, None) == []
        assert await between(None, hour) == ["p1"]
        assert await between(None, hour + moment) == ["p2", "p1"]


async def test_a_line_of_the_list_says_what_became_of_a_plan(path: Path) -> None:
    await stored(path)
    async with open_reads(path) as reads:
        waiting, broken, done = (await reads.plans()).items
    assert (done.name, done.status, done.completion) == ("pair", "completed", "success")
    assert (done.steps, done.completed, done.skipped, done.active) == (2, 2, 0, 0)
    assert (done.created_at, done.started_at) == (BEGINNING, BEGINNING)
    assert done.ended_at == BEGINNING + timedelta(seconds=2)
    assert (done.session, done.user, done.tags) == ("s1", None, ("day",))
    assert (broken.status, broken.completion, broken.reason) == ("failed", "error", "error")
    assert (broken.steps, broken.failed, broken.tags) == (2, 2, ("night",))
    assert (waiting.status, waiting.completion, waiting.ended_at) == ("paused", None, None)
    assert (waiting.workflow, waiting.user, waiting.steps) == ("sales@2.0", "Ann", 1)


async def test_a_history_is_filtered_by_step_kind_and_impact(path: Path) -> None:
    await stored(path)
    async with open_reads(path) as reads:

        async def kinds(**given: object) -> list[str]:
            found = await reads.history("p2", **given)  # type: ignore[arg-type]
            return [one.kind.removesuffix(".v1") for one in found.items]

        assert await kinds(step="both.x") == [
            *("step.started", "step.retrying", "step.started", "step.failed")
        ]
        assert await kinds(step="both.x", kinds=["step.failed"]) == ["step.failed"]
        assert await kinds(kinds=["plan"]) == ["plan.drafted", "plan.started", "plan.failed"]
        assert await kinds(kinds=["step.retrying.v1", "plan.failed"]) == [
            *("step.retrying", "plan.failed")
        ]
        assert await kinds(impact=Impact.END) == ["plan.failed"]
        assert await kinds(impact=Impact.STEP, kinds=["step.retrying"]) == []
        with pytest.raises(UnknownNameError, match=r"no step 'both\.z'; did you mean `both\.x`"):
            await reads.history("p2", step="both.z")
        with pytest.raises(ValidationError, match="is no kind of event"):
            await reads.history("p2", kinds=["step.unheard"])


async def test_steps_are_filtered_by_status(path: Path) -> None:
    await stored(path)
    async with open_reads(path) as reads:
        done = await reads.steps("p1", status=["done"])
        assert ([one.path for one in done.items], done.total) == (["a", "b"], 2)
        assert (await reads.steps("p1", status=["failed", "running"])).items == ()
        broken = await reads.steps("p2", status=["failed"])
        assert [one.path for one in broken.items] == ["both", "both.x"]


async def test_the_trace_is_on_every_event_of_the_plan_and_on_no_other(path: Path) -> None:
    await stored(path)
    async with open_reads(path) as reads:
        traces = {one.plan: one.trace for one in (await reads.events(limit=1000)).items}
        assert traces == {"p1": None, "p2": "00-1-2-01", "p3": None}
        assert {one.trace for one in (await reads.history("p2")).items} == {"00-1-2-01"}
        assert (await reads.event("p2.both#1")).trace == "00-1-2-01"
