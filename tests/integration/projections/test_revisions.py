"""Plans are found by their parents and by all that they ever had; revisions are read whole."""

from pathlib import Path

import pytest

from milepost.adapters.store.check import check_store
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.open_reads import open_reads
from milepost.domain.errors import UnknownNameError
from milepost.domain.events import (
    CheckpointForgotten,
    CheckpointTaken,
    PlanForked,
    PlanRevised,
    PlanRolledBack,
    StepReset,
)
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanSpec
from milepost.engine.journal import Save
from milepost.projections.reader import PlanFilter
from tests.unit.projections.made import Record, body_of, content_of, plan_of, tool_step

pytestmark = pytest.mark.anyio
FIRST = plan_of(tool_step("a"), tool_step("b", "a", tool="old"), name="pair")
SECOND = plan_of(tool_step("a"), tool_step("c", "a", tool="new"), tool_step("d"), name="pair")


def revised() -> Record:
    """Return a plan that was given a second content at position 9 and the first at 11."""
    record = Record(FIRST, "p1")
    record.begin()
    record.run("a")
    record.add(CheckpointTaken, name="kept", at="p1.a#2")
    record.add(CheckpointTaken, name="gone", at="p1#2")
    record.run("b")
    second, first = content_of(SECOND), content_of(FIRST)
    fields = {"trigger": "failure", "strategy": "alternative", "why": "b is no good"}
    record.add(PlanRevised, number=2, content=second, parent=1, removed=("b",), **fields)
    record.add(StepReset, "b", reason="revision 2")
    record.add(PlanRolledBack, number=3, content=first, parent=2, to=1)
    record.add(CheckpointForgotten, name="gone")
    record.run("b")
    record.end("b")
    return record


def forked() -> Record:
    record = Record(SECOND, "p2")
    record.add(PlanForked, parent="p1", at="p1.a#2", decider=1, strategy="dag")
    return record


async def keep(path: Path, *records: Record) -> None:
    contents = {content_of(spec): body_of(spec) for spec in (FIRST, SECOND)}
    like = {content_of(SECOND): content_of(FIRST)}
    async with open_journal(path) as journal:
        for record in records:
            save = Save(PlanId(record.plan), record.events, new=True, contents=contents, like=like)
            await journal.append(save)


async def test_revisions_are_told_and_read_at_any_number_and_moment(path: Path) -> None:
    await keep(path, revised(), forked())
    assert check_store(path).findings == ()
    async with open_reads(path) as reads:
        told = await reads.revisions("p1")
        assert [(one.number, one.made_by, one.position) for one in told] == [
            (1, "plan.drafted", 1),
            (2, "plan.revised", 9),
            (3, "plan.rolled_back", 11),
        ]
        assert [one.number for one in await reads.revisions("p1", as_of=10)] == [1, 2]
        specs: list[PlanSpec] = [await reads.revision_content("p1", at) for at in (1, 2, 3)]
        assert specs == [FIRST, SECOND, FIRST]
        for number in (0, 4, 2**63):
            with pytest.raises(UnknownNameError, match=f"no revision {number}; there are 1 to 3"):
                await reads.revision_content("p1", number)
        assert await reads.revision_content("p1", None) == FIRST
        with pytest.raises(UnknownNameError, match="no plan 'p9'"):
            await reads.revision_content("p9", 1)


def of_workflow(plan: str, *moves: str) -> Record:
    """Return a plan of `pair@1` that was moved to other workflows, an empty one for none."""
    record = Record(FIRST, plan, workflow="pair@1")
    record.begin()
    fields = {"trigger": "user", "strategy": "partial"}
    for number, workflow in enumerate(moves, 2):
        content = content_of(SECOND if number % 2 == 0 else FIRST)
        record.add(
            PlanRevised,
            number=number,
            content=content,
            parent=number - 1,
            workflow=workflow,
            **fields,
        )
    return record


async def test_plans_are_listed_by_the_workflow_that_they_are_of_at_the_moment(path: Path) -> None:
    await keep(
        path,
        of_workflow("p1"),
        of_workflow("p2", "pair@2"),
        of_workflow("p3", "pair@2", ""),
        of_workflow("p4", "pair@2", "pair@1"),
    )
    assert check_store(path).findings == ()
    async with open_reads(path) as reads:

        async def found(workflow: str, as_of: int | None = None) -> list[tuple[str, str | None]]:
            page = await reads.plans(PlanFilter(workflow=workflow), as_of=as_of)
            return [(plan.id, plan.workflow) for plan in page.items]

        assert await found("pair@1") == [("p4", "pair@1"), ("p1", "pair@1")]
        assert await found("pair@2") == [("p2", "pair@2")]
        assert [plan for plan, _workflow in await found("pair")] == ["p4", "p2", "p1"]
        last = (await reads.plans()).items[0].position
        assert await found("pair@2", last - 1) == [("p4", "pair@2"), ("p2", "pair@2")]
        assert [one.workflow for one in await reads.revisions("p3")] == ["pair@1", "pair@2", None]
        assert [(await reads.plan(plan)).workflow for plan in ("p2", "p3")] == ["pair@2", None]

        pages, after = [], None
        while not pages or after is not None:
            page = await reads.plans(PlanFilter(workflow="pair@1"), after=after, limit=1)
            pages.append([plan.id for plan in page.items])
            after = page.next
        assert pages == [["p4"], ["p1"]]


async def test_a_moment_is_shown_by_the_content_that_held_then(path: Path) -> None:
    await keep(path, revised())
    async with open_reads(path) as reads:
        then = await reads.plan("p1", as_of=10)
        assert (then.spec, then.revision) == (SECOND, 2)
        steps = (await reads.steps("p1", as_of=10)).items
        assert [step.path for step in steps] == ["a", "c", "d"]
        lanes = (await reads.timeline("p1", as_of=10)).lanes
        assert [(lane.path, lane.removed) for lane in lanes][-1] == ("b", True)
        with pytest.raises(UnknownNameError, match="no step 'b' any more"):
            await reads.step("p1", "b", as_of=10)
        assert (await reads.history("p1", step="b", kinds=["step.failed"], as_of=10)).items == ()
        assert (await reads.plan("p1")).spec == FIRST
        (listed,) = (await reads.plans(as_of=10)).items
        assert (listed.revision, listed.steps, listed.completed) == (2, 3, 1)
        (listed,) = (await reads.plans()).items
        assert (listed.revision, listed.steps, listed.skipped) == (3, 2, 0)


async def test_checkpoints_are_those_of_the_moment(path: Path) -> None:
    await keep(path, revised())
    async with open_reads(path) as reads:
        (kept,) = await reads.checkpoints("p1")
        assert (kept.name, kept.at, kept.position) == ("kept", "p1.a#2", 4)
        assert [one.name for one in await reads.checkpoints("p1", as_of=11)] == ["kept", "gone"]
        assert (await reads.plan("p1")).checkpoints == (kept,)


@pytest.mark.parametrize(
    ("plan_filter", "as_of", "found"),
    [
        (PlanFilter(tool="old"), None, ["p1"]),
        (PlanFilter(tool="new"), None, ["p2", "p1"]),
        (PlanFilter(tool="new"), 8, []),
        (PlanFilter(tool="new"), 9, ["p1"]),
        (PlanFilter(step="c"), None, ["p2", "p1"]),
        (PlanFilter(step="b~undo"), None, ["p1"]),
        (PlanFilter(parent="p1"), None, ["p2"]),
        (PlanFilter(parent="p1"), 15, []),
        (PlanFilter(parent="p2"), None, []),
    ],
)
async def test_a_plan_is_found_by_its_parent_and_by_all_contents_that_it_had(
    path: Path, plan_filter: PlanFilter, as_of: int | None, found: list[str]
) -> None:
    await keep(path, revised(), forked())
    async with open_reads(path) as reads:
        page = await reads.plans(plan_filter, as_of=as_of)
        assert [plan.id for plan in page.items] == found
        forks = {plan.id: plan.forked_from for plan in page.items}
        assert forks.get("p2", "p1.a#2") == "p1.a#2"
        assert forks.get("p1") is None
