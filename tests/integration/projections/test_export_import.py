"""A plan's log goes out as lines and comes into another store as it was."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from milepost.adapters.store.check import check_store
from milepost.adapters.store.import_log import import_log
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.open_reads import open_reads
from milepost.domain.errors import RefusedError, UnknownNameError, ValidationError
from milepost.domain.events import PlanPaused, RequestMade, StepSuspended, Waiting
from milepost.domain.values import canonical_bytes, hash_of
from milepost.projections.views import as_json
from tests.unit.projections.made import Record, plan_of, tool_step

from .stores import finished, store
from .test_large_values import LARGE

pytestmark = pytest.mark.anyio

Lines = list[bytes]


async def exported(path: Path, plan: str) -> Lines:
    async with open_reads(path) as reads:
        return [line async for line in reads.export(plan)]


def rich_plan(plan: str = "p1") -> Record:
    """Return a plan with large values, a retry, a request and a trace."""
    spec = plan_of(tool_step("a"), tool_step("ask me", "a"), name="rich")
    record = Record(spec, plan, trace="00-1-2-01", inputs={"text": LARGE, "z": 1, "a": {"b": 2.5}})
    record.begin()
    record.start("a", bindings={"/q": LARGE})
    record.wait(1.000001)
    record.retry("a", 2)
    record.wait(2)
    record.start("a", attempt=2)
    record.complete("a", {"z": LARGE, "b": [1, None, True]})
    record.start("ask%20me")
    record.add(StepSuspended, "ask%20me", waiting=Waiting.PERSON)
    record.add(PlanPaused, reason="waiting", waiting=("ask%20me",))
    record.add_to(f"{plan}!requests", RequestMade, command="cancel", actor="ann", why="enough")
    return record


async def test_export_import_export_gives_the_same_lines(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    await store(path, finished("p0"), rich_plan())
    lines = await exported(path, "p1")
    imported = import_log(other, lines, name="p1.jsonl")
    assert (imported.plan, imported.events, imported.position) == ("p1", len(lines) - 1, 10)
    assert await exported(other, "p1") == lines
    assert check_store(other).findings == ()


async def test_ids_and_times_are_kept_though_the_other_store_is_younger(
    path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    young = finished("p9")
    for event in young.events:
        object.__setattr__(event, "timestamp", event.timestamp + timedelta(days=400))
    await store(path, rich_plan())
    await store(other, young)
    import_log(other, await exported(path, "p1"), name="p1.jsonl")
    async with open_reads(path) as here, open_reads(other) as there:
        old, new = (await here.history("p1")).items, (await there.history("p1")).items
        assert [one.id for one in new] == [one.id for one in old]
        assert [one.time for one in new] == [one.time for one in old]
        assert [one.position for one in new] == [one.position + 7 for one in old]
        for ask in ("plan", "timeline", "report"):
            shown = as_json(await getattr(there, ask)("p1"))
            expected = as_json(await getattr(here, ask)("p1"))
            assert isinstance(shown, dict)
            assert isinstance(expected, dict)
            assert shown | {"position": 0} == expected | {"position": 0}
        (mine,) = (await there.plans(after="p9")).items or (await there.plans(limit=1)).items
        assert (mine.id, mine.started_at) == ("p1", old[1].time)
    assert check_store(other).findings == ()
    assert await exported(other, "p9") == await exported_alone(tmp_path / "alone.db", young)


async def exported_alone(path: Path, record: Record) -> Lines:
    await store(path, record)
    return await exported(path, record.plan)


async def test_an_imported_plan_belongs_to_nobody_and_can_be_claimed(
    path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    await store(path, rich_plan())
    imported = import_log(other, await exported(path, "p1"), name="p1.jsonl")
    async with open_journal(other) as journal:
        assert await journal.unfinished() == ["p1"]
        assert await journal.claim(imported.plan) == 2


async def test_a_plan_that_is_here_already_is_refused(path: Path) -> None:
    await store(path, rich_plan())
    lines = await exported(path, "p1")
    with pytest.raises(RefusedError, match=r"p1.jsonl: plan p1 is in this store already"):
        import_log(path, lines, name="p1.jsonl")
    assert await exported(path, "p1") == lines


Change = Callable[[Lines], Lines]


def edited(number: int, **fields: Any) -> Change:
    """Return a change of some fields of one line."""

    def change(lines: Lines) -> Lines:
        line = orjson.loads(lines[number - 1])
        for name, value in fields.items():
            line[name] = value(line[name]) if callable(value) else value
        return [*lines[: number - 1], orjson.dumps(line) + b"\n", *lines[number:]]

    return change


def lacking(number: int) -> Change:
    return lambda lines: [*lines[: number - 1], *lines[number:]]


def swapped(one: int, other: int) -> Change:
    def change(lines: Lines) -> Lines:
        found = list(lines)
        found[one - 1], found[other - 1] = found[other - 1], found[one - 1]
        return found

    return change


def line(number: int, text: bytes) -> Change:
    return lambda lines: [*lines[: number - 1], text, *lines[number:]]


def at_step(path: str) -> Change:
    """Return a change of the place of the step `a`."""
    old, new = b'"p1.a#', f'"p1.{path}#'.encode()
    return lambda lines: [lines[0], *(one.replace(old, new) for one in lines[1:])]


def with_steps(*steps: str, needs: str | None = None) -> Change:
    """Return a change of the content's steps: one after another, the first after `needs`."""
    before = (needs, *steps)
    content = plan_of(
        *(tool_step(name, *filter(None, [before[at]])) for at, name in enumerate(steps))
    )
    body = canonical_bytes(content.model_dump(mode="json", exclude_defaults=True, by_alias=True))
    return edited(1, contents={hash_of(body): orjson.loads(body)})


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        (lambda _lines: [], 1, "not JSON"),
        (line(1, b"{}\n"), 1, "exactly these fields"),
        (line(4, b"{oops\n"), 4, "not JSON"),
        (line(4, b"[]\n"), 4, "exactly these fields"),
        (line(4, b"\xff\xfe\n"), 4, "UTF-8"),
        (edited(1, format="csv"), 1, "the format is 'csv'"),
        (edited(1, version=2), 1, "version 2 of the format is not known"),
        (edited(1, plan="../p1"), 1, "no plan id"),
        (edited(1, plan="p2"), 2, "must draft plan p2"),
        (edited(1, events=99), 11, "99 events were announced, 10 are here"),
        (edited(1, contents={}), 2, "must hold the content"),
        (
            edited(1, contents=lambda given: {name: {"steps": []} for name in given}),
            1,
            "was changed",
        ),
        (with_steps("a", "b", "b"), 1, "used more than once: `b`"),
        (with_steps("a", "b", "c", needs="c"), 1, "go round in a circle"),
        (at_step("b"), 4, "no content of the plan has a step at 'b'"),
        (at_step("a]"), 4, "has a step at 'a]'"),
        (at_step("a[0"), 4, "has a step at 'a[0'"),
        (at_step("a[0]"), 4, "has a step at 'a[0]'"),
        (at_step("a[0]]"), 4, "has a step at 'a[0]]'"),
        (at_step("%ZZ%FF"), 4, "has a step at '%ZZ%FF'"),
        (at_step("%61"), 4, "has a step at '%61'"),
        (at_step("b~undo"), 4, "has a step at 'b~undo'"),
        (lacking(2), 2, "must draft plan p1"),
        (lacking(5), 5, "should be number 2"),
        (lacking(11), 10, "10 events were announced, 9 are here"),
        (swapped(4, 5), 4, "should be number 1"),
        (swapped(10, 11), 10, "does not come before"),
        (edited(4, id="p1.a#x"), 4, "no event id"),
        (edited(4, id="p2.a#1"), 4, "not of plan p1"),
        (edited(4, kind="step.unheard.v1"), 4, "unknown to this version"),
        (edited(4, kind="step.completed.v1", data={}), 4, "cannot complete while pending"),
        (edited(4, cause="p1.z#1"), 4, "does not come before"),
        (edited(4, time="2020-01-01T00:00:00Z"), 4, "older than the one before"),
        (edited(4, time="yesterday"), 4, "valid datetime"),
        (edited(4, data={"decided_at": "2099-01-01T00:00:00Z"}), 4, "must be before `time`"),
        (edited(4, step="b"), 4, "step: not what the event itself says"),
        (edited(4, plan="p2"), 4, "plan: not what"),
        (edited(4, impact="end"), 4, "impact: not what"),
        (edited(4, trace=None), 4, "trace: not what"),
        (edited(4, data={"attempt": "one"}), 4, "valid integer"),
        (edited(4, data={"unheard": 1}), 4, "Extra inputs"),
        (edited(4, data={"actor": "me"}), 4, "own fields only"),
        (edited(4, data=[]), 4, "must be an object"),
        (edited(4, more=1), 4, "exactly these fields"),
    ],
)
async def test_a_bad_line_is_named_and_nothing_is_stored(
    path: Path, tmp_path: Path, change: Change, where: int, problem: str
) -> None:
    other = tmp_path / "other.db"
    await store(path, rich_plan())
    await store(other, finished("p9"))
    before = await exported(other, "p9")
    lines = change(await exported(path, "p1"))
    with pytest.raises(ValidationError) as refused:
        import_log(other, lines, name="in.jsonl")
    assert str(refused.value).startswith(f"in.jsonl:{where}: ")
    assert problem in str(refused.value)
    async with open_reads(other) as reads:
        assert (await reads.counts()).events == 7
    assert await exported(other, "p9") == before
    assert check_store(other).findings == ()


def test_a_refused_log_makes_no_store(path: Path) -> None:
    with pytest.raises(ValidationError):
        import_log(path, [b"no log\n"], name="in.jsonl")
    assert not path.exists()


async def test_a_plan_that_is_not_there_is_not_exported(path: Path) -> None:
    await store(path, finished("p1"))
    with pytest.raises(UnknownNameError, match="there is no plan 'p2'"):
        await exported(path, "p2")
