"""Plans that changed on their way, or undid something: recorded, learnt from and simulated."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest

from milepost.facade import Milepost
from milepost.testing import (
    History,
    Recording,
    ScriptedTools,
    check,
    engine,
    fails,
    record,
    run_virtual,
    simulate,
)

from .flows import flow, question, tool

BROKEN = fails("broken", retryable=False)
BOOKED = flow(
    tool("flight", compensate={"tool": "cancel", "input": {"id": "${flight.output.id}"}}),
    tool("visa", "flight"),
)
OTHER_WAY = flow(
    tool("fetch", tool="old", alternatives=[{"tool": "new", "input": {"q": 1}}]),
    tool("save", input={"rows": "${fetch.output}"}),
    settings={"replan": {"on": ["failure"]}},
)
FALLING_BACK = flow(tool("a"), settings={"replan": {}}, fallback=[tool("s", input={"k": 1})])
BREAKS = {"code": "broken", "retryable": False}
"""What breaks in a simulation."""


def fetched(call: Any) -> int:
    if not call.arguments:
        raise BROKEN
    return 5


async def no_more(opened: Milepost, plan: str) -> None:
    """Leave a plan alone."""


def ran(
    plan: Any, tools: Any, meanwhile: Callable[[Milepost, str], Awaitable[None]] = no_more
) -> tuple[Recording, History]:
    """Run a plan with scripted tools; return its recording and what is learnt from it."""

    async def main() -> tuple[Recording, History]:
        async with engine(ScriptedTools(tools)) as opened:
            plan_id = await opened.start(plan)
            await anyio.sleep(1)
            await meanwhile(opened, plan_id)
            await opened.wait(plan_id)
            return await record(opened, plan_id), await History.of(opened)

    return run_virtual(main)


def test_a_plan_that_undid_something_undoes_it_again() -> None:
    recording, history = ran(BOOKED, {"flight": {"id": 7}, "visa": BROKEN})
    assert [one.given for one in recording.steps["flight~undo"].attempts] == [{"id": 7}]
    assert set(history.by_tool) == {"flight.tool", "visa.tool", "cancel"}
    assert check(recording) == []


def test_another_input_of_an_undoing_step_is_a_difference() -> None:
    recording, _history = ran(BOOKED, {"flight": {"id": 7}, "visa": BROKEN})
    other = flow(tool("flight", compensate={"tool": "cancel"}), BOOKED["steps"][1])
    assert any("called with {}" in str(found) for found in check(recording, other))


def test_a_step_that_a_person_added_is_recorded_and_runs_again() -> None:
    asking = flow(tool("a"), question("ok", "a"))
    longer = flow(*asking["steps"], tool("z", input={"by": "${ok.output}"}))

    async def meanwhile(opened: Milepost, plan: str) -> None:
        await opened.revise(plan, longer)
        await opened.answer(plan, "ok", value="me")

    recording, history = ran(asking, {"z": "done"}, meanwhile)
    assert recording.steps["z"].attempts[0].given == {"by": "me"}
    assert "z" in history.by_step
    assert check(recording) == []
    assert [found.what for found in check(recording, asking)] == ["missing"]


def test_another_way_is_recorded_as_what_it_was_and_taken_again() -> None:
    recording, history = ran(OTHER_WAY, {"fetch": fetched, "save": "saved"})
    assert [one.given for one in recording.steps["fetch"].attempts] == [{}, {"q": 1}]
    assert [one.output for one in history.by_tool["new"]] == [5]
    assert [one.failure and one.failure.code for one in history.by_tool["old"]] == ["broken"]
    assert check(recording) == []


def test_a_fallback_is_recorded_and_falls_back_again() -> None:
    recording, _history = ran(FALLING_BACK, {"a": BROKEN, "s": 4})
    assert recording.steps["s"].output == 4
    assert check(recording) == []


@pytest.mark.parametrize("name", ["flight~undo", "cancel"])
def test_what_an_undoing_step_takes_is_said_by_its_path_or_its_tool(name: str) -> None:
    rules = {"failures": {"visa": BREAKS}, "outputs": {"flight": {"id": 7}}}
    simulation = simulate(BOOKED, durations={"*": 1, name: 60}, **rules)
    assert simulation.result.duration == timedelta(seconds=62)


def test_what_another_way_takes_is_said_by_its_tool() -> None:
    simulation = simulate(OTHER_WAY, failures={"old": BREAKS}, durations={"*": 1, "new": 60})
    assert simulation.result.duration == timedelta(seconds=62)


@pytest.mark.parametrize("name", ["s", "s.tool"])
def test_what_a_fallback_takes_is_said_or_estimated(name: str) -> None:
    said = simulate(FALLING_BACK, failures={"a": BREAKS}, durations={name: 60})
    assert said.result.duration == timedelta(seconds=61)
    fallback = [tool("s", estimated_duration="1h")]
    estimated = simulate({**FALLING_BACK, "fallback": fallback}, failures={"a": BREAKS})
    assert estimated.result.duration == timedelta(hours=1, seconds=1)


def test_a_simulation_shows_the_steps_of_the_fallback_and_those_before() -> None:
    simulation = simulate(FALLING_BACK, failures={"a": BREAKS})
    lanes = [(lane.path, len(lane.bars), lane.removed) for lane in simulation.timeline.lanes]
    assert lanes == [("s", 1, False), ("a", 1, True)]
    assert simulation.critical_path == ("s",)
