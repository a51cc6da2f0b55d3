"""Forks with results that do not suit their steps: they are refused, and nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.domain.errors import ExpressionError, RefusedError
from milepost.testing import ScriptedTools, fails

from .scene import Scene, Written, plan, tool

pytestmark = pytest.mark.anyio


async def test_a_result_that_the_steps_set_cannot_read_is_refused_and_nothing_is_stored(
    scene: Scene,
) -> None:
    steps = tool("a", set={"rows": "${a.output.rows}"}), tool("b", "a")
    async with scene.engine(ScriptedTools({"a": {"rows": 1}})) as mp:
        parent = (await mp.run(plan(*steps))).plan_id
        with pytest.raises(ExpressionError, match=r"`set` of step 'a': .* there is no `rows`"):
            await mp.fork(parent, replace={"a": 5}, hold=True)
        with pytest.raises(ExpressionError, match=r"`set` of step 'a': .* there is no `rows`"):
            await mp.what_if(parent, replace={"a": 5})
        assert [one.id for one in (await mp.plans()).items] == [parent]
        assert await mp.fork(parent, replace={"a": {"rows": 2}}) != parent


async def test_a_fork_that_would_be_complete_with_a_step_undone_is_refused(scene: Scene) -> None:
    undo = {"tool": "undo", "input": {}}
    go = {"id": "go", "kind": "response", "input": {"text": "we fly"}, "depends_on": ["visa"]}
    written = plan(tool("flight", compensate=undo), tool("visa", "flight"), go)
    tools = ScriptedTools({"visa": fails(retryable=False)}, default="done")
    async with scene.engine(tools) as mp:
        parent = (await mp.run(written)).plan_id
        for refused in (mp.fork, mp.what_if):
            with pytest.raises(RefusedError, match="complete with step 'flight' undone"):
                await refused(parent, replace={"visa": "granted"})
        both = {"visa": "granted", "flight": "booked elsewhere"}
        assert (await mp.wait(await mp.fork(parent, replace=both))).success
        without = plan(tool("visa"), go)
        fork = await mp.fork(parent, replace={"visa": "granted"}, plan=without)
        assert (await mp.wait(fork)).final_output == "we fly"


def loop(name: str, child: Written, **fields: Any) -> Written:
    return {"id": name, "kind": "loop", "input": {}, "steps": [child], **fields}


def branch(name: str, when: str, *children: Written) -> Written:
    first, second = children
    cases = [{"when": when, "steps": [first]}, {"steps": [second]}]
    return {"id": name, "kind": "branch", "input": {}, "cases": cases}


STEPS = (
    tool("n"),
    loop("twice", tool("x"), count=2),
    loop("again", tool("y"), **{"while": "index < 2"}),
    loop("each", tool("w"), for_each="${n.output}"),
    branch("way", "n.output[0] == 1", tool("u"), tool("v")),
)


@pytest.mark.parametrize(
    ("replace", "problem"),
    [
        ({"twice[2].x": 9}, "'twice' are 2, counted from 0"),
        ({"again[2].y": 9}, "'again' are 2, counted from 0"),
        ({"n": [1, 2, 3], "each[3].w": 9}, "'each' are 3, counted from 0"),
        ({"way[1].v": 9}, "branch 'way' takes another case"),
        ({"twice.x": 9}, "say in which round of 'twice'"),
        ({"twice[1]": 9}, "there is no step"),
    ],
)
async def test_a_result_for_a_step_that_cannot_be_is_refused(
    scene: Scene, replace: dict[str, Any], problem: str
) -> None:
    async with scene.engine(ScriptedTools({"n": [1, 2]}, default="done")) as mp:
        parent = (await mp.run(plan(*STEPS))).plan_id
        with pytest.raises(RefusedError, match=problem):
            await mp.fork(parent, replace=replace)
        with pytest.raises(RefusedError, match=problem):
            await mp.what_if(parent, replace=replace)
        assert [one.id for one in (await mp.plans()).items] == [parent]


@pytest.mark.parametrize(
    "replace",
    [{"n": [1, 2, 3], "each[2].w": 9}, {"n": [2], "way[1].v": 9}, {"again[1].y": 9}],
)
async def test_a_result_is_taken_for_a_step_that_another_result_brings_into_being(
    scene: Scene, replace: dict[str, Any]
) -> None:
    async with scene.engine(ScriptedTools({"n": [1, 2]}, default="done")) as mp:
        parent = (await mp.run(plan(*STEPS))).plan_id
        fork = await mp.fork(parent, replace=replace)
        assert (await mp.wait(fork)).success
        steps = {step.path: step.output for step in (await mp.steps(fork)).items}
        assert replace.items() <= steps.items()
        assert (await mp.replay(fork)).equal


async def test_a_result_is_taken_for_a_step_that_is_yet_to_be_decided_on(scene: Scene) -> None:
    steps = tool("n"), tool("m", "n", input={"n": "${n.output}"})
    way = branch("way", "m.output == 1", tool("u"), tool("v"))
    tools = ScriptedTools({"m": lambda call: call.arguments["n"]}, default=1)
    async with scene.engine(tools) as mp:
        parent = (await mp.run(plan(*steps, way))).plan_id
        fork = await mp.fork(parent, replace={"n": 2, "way[1].v": 9})
        assert (await mp.wait(fork)).final_output == 9
