"""Forks of plans that undid their steps: what was undone is done again, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.testing import ScriptedTools, fails

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio

UNDO = {"tool": "undo", "input": {}}


def trip(**results: Any) -> ScriptedTools:
    """Return tools of which `visa` fails for good."""
    return ScriptedTools({"visa": fails(retryable=False), **results}, default="done")


def calls(tools: ScriptedTools) -> list[str]:
    """Return the steps that called, and forget them."""
    found = [call.step for call in tools.calls]
    tools.calls.clear()
    return found


async def test_a_step_that_was_undone_runs_again_and_what_reads_it_only_for_another_input(
    scene: Scene,
) -> None:
    steps = (
        tool("flight", compensate=UNDO),
        tool("seat", "flight", input={"of": "${flight.output}"}),
        tool("visa", "flight"),
    )
    tools = trip(flight="booked")
    async with scene.engine(tools) as mp:
        parent = (await mp.run(plan(*steps))).plan_id
        assert calls(tools) == ["flight", "seat", "visa", "flight~undo"]
        thought = await mp.what_if(parent, replace={"visa": "granted"})
        assert ([one.path for one in thought.to_run], thought.taken) == (["flight"], ())
        fork = await mp.fork(parent, replace={"visa": "granted"})
        assert (await mp.wait(fork)).success
        assert calls(tools) == ["flight"]
        assert (await mp.replay(fork)).equal


async def test_what_held_an_undone_step_begins_anew_and_so_does_what_read_its_writes(
    scene: Scene,
) -> None:
    inner = tool("flight", compensate=UNDO, set={"booked": "${flight.output}"}), tool("bag")
    steps = (
        {"id": "travel", "kind": "sequential", "input": {}, "steps": inner},
        tool("hotel", "travel"),
        tool("look", input={"x": "${context.booked}"}),
        tool("visa", "hotel", "look"),
    )
    tools = trip()
    async with scene.engine(tools) as mp:
        written = plan(*steps, context={"booked": 0}, settings={"scheduling": "serial"})
        parent = (await mp.run(written)).plan_id
        assert "travel.flight~undo" in calls(tools)
        fork = await mp.fork(parent, replace={"visa": "granted"})
        assert (await mp.wait(fork)).success
        assert (calls(tools), (await mp.replay(fork)).equal) == (["travel.flight", "look"], True)


async def test_later_rounds_of_a_loop_by_condition_follow_a_round_that_was_undone(
    scene: Scene,
) -> None:
    body = [tool("leg", compensate=UNDO), tool("log")]
    steps = (
        {"id": "tour", "kind": "loop", "input": {}, "while": "index < 2", "steps": body},
        tool("visa", "tour"),
    )
    tools = trip()
    async with scene.engine(tools) as mp:
        parent = (await mp.run(plan(*steps))).plan_id
        calls(tools)
        fork = await mp.fork(parent, replace={"visa": "granted"})
        result = await mp.wait(fork)
        assert (result.status, result.completed_steps) == ("completed", 6)
        assert [step for step in calls(tools) if "leg" in step] == ["tour[0].leg", "tour[1].leg"]
        assert (await mp.replay(fork)).equal


async def test_a_fork_after_the_undone_step_ran_again_adopts_it(scene: Scene) -> None:
    steps = tool("flight", compensate=UNDO), tool("visa", "flight"), tool("go", "visa")
    luck = iter([fails(retryable=False), "granted"])
    tools = ScriptedTools({"visa": lambda _call: _given(next(luck))}, default="done")
    async with scene.engine(tools) as mp:
        parent = (await mp.run(plan(*steps))).plan_id
        await mp.recover(parent)
        assert (await mp.wait(parent)).success
        calls(tools)
        fork = await mp.fork(parent)
        assert (await mp.wait(fork)).success
        assert calls(tools) == []


def _given(outcome: Any) -> Any:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
