"""Values over 64 KiB: left apart in lists and stories, whole where one thing is asked for."""

from pathlib import Path

import pytest

from milepost.adapters.store.open_reads import open_reads
from milepost.domain.events import ContextChanged, ErrorRecord, StepFailed
from tests.unit.projections.made import Record, plan_of, tool_step

from .stores import finished, store

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]

LARGE = "x" * 70_000


async def test_a_large_output_is_a_reference_in_lists_and_whole_alone(path: Path) -> None:
    await store(path, finished("p1", output=LARGE))
    async with open_reads(path) as reads:
        listed = (await reads.history("p1", kinds=["step.completed"])).items[0]
        reference = listed.data["output"]
        assert list(reference) == ["@"]
        assert reference["@"].startswith("sha256:")
        assert (await reads.event(listed.id)).data["output"] == LARGE
        assert (await reads.steps("p1")).items[0].output == reference
        assert (await reads.step("p1", "a")).output == LARGE
        assert (await reads.plan("p1")).result.final_output == LARGE
        assert (await reads.events(after=3, limit=1)).items[0].data["output"] == reference


async def test_large_bindings_inputs_and_context_are_whole_where_they_are_shown(
    path: Path,
) -> None:
    record = Record(plan_of(tool_step("a")), "p1", inputs={"text": LARGE, "n": 1})
    record.begin()
    record.start("a", bindings={"/q": LARGE, "/n": 2})
    record.add(ContextChanged, changes={"seen": LARGE})
    await store(path, record)
    async with open_reads(path) as reads:
        view = await reads.plan("p1")
        assert view.inputs == {"text": LARGE, "n": 1}
        assert view.context == {"seen": LARGE}
        assert (await reads.step("p1", "a")).bindings == {"/q": LARGE, "/n": 2}
        bindings = (await reads.steps("p1")).items[0].bindings
        assert bindings["/n"] == 2
        assert bindings["/q"] != LARGE
        draft = (await reads.history("p1", limit=1)).items[0]
        assert draft.data["inputs"]["n"] == 1
        assert list(draft.data["inputs"]["text"]) == ["@"]
        assert [plan.id for plan in (await reads.plans()).items] == ["p1"]


async def test_a_large_stack_is_whole_in_the_error_everywhere(path: Path) -> None:
    record = Record(plan_of(tool_step("a")), "p1")
    record.begin()
    record.start("a")
    record.add(StepFailed, "a", error=ErrorRecord(message="m", stack=LARGE))
    await store(path, record)
    async with open_reads(path) as reads:
        error = (await reads.steps("p1")).items[0].error
        assert error is not None
        assert error.stack == LARGE
        listed = (await reads.history("p1", kinds=["step.failed"])).items[0]
        assert listed.data["error"]["stack"] == LARGE
