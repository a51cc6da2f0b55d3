"""Runs that a person took further: a cut-off call made again is recorded, more is refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from milepost.adapters.store.memory import MemoryStore
from milepost.domain.errors import RefusedError
from milepost.facade import Milepost
from milepost.testing import (
    History,
    Recording,
    ScriptedTools,
    check,
    engine,
    fails,
    hangs,
    record,
    run_virtual,
)

from .flows import flow, question, tool

PLAN = flow(tool("a"), tool("b", input={"v": "${a.output}"}))
GOING_ON = {"settings": {"stop_on_first_failure": False}}
HALF = flow(tool("b"), question("ok"), **GOING_ON)
Change = Callable[[Milepost, str], Awaitable[Any]]


def test_a_cut_off_call_that_a_person_had_made_again_is_recorded_once() -> None:
    store = MemoryStore()

    async def main() -> tuple[Recording, History]:
        async with engine(ScriptedTools({"a": hangs}, writes=["a.tool"]), store=store) as opened:
            plan = await opened.start(PLAN)
            await anyio.sleep(5)
        async with engine(ScriptedTools({"a": "done"}, writes=["a.tool"]), store=store) as opened:
            await opened.resume(plan)
            await opened.answer(plan, "a", outcome="retry")
            await opened.wait(plan)
            return await record(opened, plan), await History.of(opened)

    recording, history = run_virtual(main)
    assert [one.output for one in recording.steps["a"].attempts] == ["done"]
    assert [one.output for one in history.by_step["a"]] == ["done"]
    assert check(recording) == []


async def recovered(opened: Milepost, plan: str) -> None:
    await opened.recover(plan)


async def restored(opened: Milepost, plan: str) -> None:
    await opened.restore(plan, at=2, effects="accept")


async def forked(opened: Milepost, plan: str) -> str:
    return await opened.fork(plan, replace={"a": 5})


async def revised(opened: Milepost, plan: str) -> None:
    await opened.revise(plan, flow(*HALF["steps"], tool("z"), **GOING_ON), again=["b"])
    await anyio.sleep(1)
    await opened.answer(plan, "ok", value="yes")


async def rolled_back(opened: Milepost, plan: str) -> None:
    await opened.revise(plan, flow(tool("a"), question("ok", "a"), tool("z")))
    await opened.rollback(plan, 1, effects="accept")
    await opened.answer(plan, "ok", value="yes")


@pytest.mark.parametrize(
    ("plan", "change", "told"),
    [
        (PLAN, recovered, "it was recovered; record a run that was not"),
        (PLAN, restored, "it was restored"),
        (PLAN, forked, "it was forked from another plan"),
        (HALF, revised, "it was revised where it had run already"),
        (flow(tool("a"), question("ok", "a")), rolled_back, "it was rolled back"),
    ],
)
def test_runs_that_people_took_back_are_refused(plan: Any, change: Change, told: str) -> None:
    async def main() -> None:
        async with engine(ScriptedTools({"b": fails("broken", retryable=False)})) as opened:
            first = await opened.start(plan)
            await opened.wait(first)
            changed = await change(opened, first) or first
            await opened.wait(changed)
            with pytest.raises(RefusedError, match=told):
                await record(opened, changed)

    run_virtual(main)
