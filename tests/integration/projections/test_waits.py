"""How long steps waited whose turn came more than once: only for what they really waited for."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from milepost import Milepost
from milepost.testing import ScriptedTools, after, engine, fails, run_virtual

Carried = Callable[[Milepost], Awaitable[str]]
CHAIN = """
steps:
  - {id: a, tool: work}
  - {id: b, tool: work, depends_on: [a]}
  - {id: c, tool: work, depends_on: [b]}
"""
BOX = """
steps:
  - id: box
    type: parallel
    retry: {max_attempts: 2, initial_delay: 5s, strategy: fixed, jitter: false}
    steps:
      - {id: a, tool: work}
      - {id: b, tool: work, depends_on: [a]}
      - {id: fails, tool: work, depends_on: [b]}
"""
UNDOABLE = """
settings: {scheduling: serial}
steps:
  - {id: a, tool: work, compensate: {tool: undo, input: {}}}
  - {id: b, tool: work, depends_on: [a], compensate: {tool: undo, input: {}}}
  - {id: fails, tool: work, depends_on: [b]}
"""
ASKS = """
steps:
  - {id: a, tool: work}
  - {id: ask, type: user_input, prompt: "?", depends_on: [a]}
"""
LONGER = f"{ASKS}  - {{id: b, tool: work, depends_on: [a]}}\n"


async def _waits(carried: Carried) -> dict[str, float]:
    async with engine(ScriptedTools({"fails": fails()}, default=after(3, 1))) as opened:
        plan = await carried(opened)
        steps = (await opened.steps(plan)).items
    return {step.path: step.waited.total_seconds() for step in steps if step.waited is not None}


def waits(carried: Carried) -> dict[str, float]:
    """Return how many seconds each step of a plan waited whose calls take three seconds."""
    return run_virtual(partial(_waits, carried))


def test_steps_of_a_restored_plan_wait_for_those_before_them_and_for_no_longer() -> None:
    async def carried(opened: Milepost) -> str:
        plan = (await opened.run(CHAIN)).plan_id
        await opened.restore(plan, at=f"{plan}#2")
        await opened.wait(plan)
        return plan

    assert waits(carried) == {"a": 0, "b": 0, "c": 0}


def test_steps_of_a_container_that_is_tried_again_wait_for_those_before_them() -> None:
    async def carried(opened: Milepost) -> str:
        return (await opened.run(BOX)).plan_id

    assert waits(carried) == {"box": 5, "box.a": 0, "box.b": 0, "box.fails": 0}


def test_a_step_that_undoes_another_for_the_second_time_did_not_wait() -> None:
    async def carried(opened: Milepost) -> str:
        plan = (await opened.run(UNDOABLE)).plan_id
        await opened.recover(plan, effects="accept")
        await opened.wait(plan)
        return plan

    found = waits(carried)
    assert (found["a~undo"], found["b~undo"]) == (0, 0)


def test_a_step_that_was_removed_and_came_back_waits_from_then_on() -> None:
    async def carried(opened: Milepost) -> str:
        plan = (await opened.run(ASKS)).plan_id
        for change in (
            partial(opened.revise, plan, LONGER),
            partial(opened.rollback, plan, 1, effects="accept"),
            partial(opened.rollback, plan, 2, effects="accept"),
        ):
            await anyio.sleep(100)
            await change()
            await opened.wait(plan)
        return plan

    assert waits(carried)["b"] == 0
