"""Whole plans through the engine's shell: overlap, caps, keys, results and what is streamed."""

import anyio
import pytest

from milepost.domain.plans import PlanResult
from milepost.engine.tooling import ToolCall
from milepost.testing import ScriptedTools, after, attempts, fails

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio

KINDS = [
    tool("load"),
    {
        "id": "choose",
        "kind": "branch",
        "input": {},
        "cases": [
            {"when": "load.output.n > 10", "steps": [tool("many")]},
            {"steps": [tool("few")]},
        ],
    },
    {
        "id": "each",
        "kind": "loop",
        "input": {},
        "for_each": "${load.output.rows}",
        "steps": [tool("double", input={"x": "${item}"})],
        "depends_on": ["choose"],
    },
    {
        "id": "both",
        "kind": "parallel",
        "input": {},
        "steps": [tool("left"), tool("right")],
        "depends_on": ["each"],
    },
    {"id": "rest", "kind": "wait", "input": {}, "wait_for": 0.01, "depends_on": ["both"]},
    {
        "id": "row",
        "kind": "sequential",
        "input": {},
        "steps": [tool("first"), tool("second")],
        "depends_on": ["rest"],
    },
    {
        "id": "answer",
        "kind": "response",
        "input": {"text": "doubled: ${each.output}"},
        "depends_on": ["row"],
    },
]


def doubled(call: ToolCall) -> int:
    x = call.arguments["x"]
    assert isinstance(x, int)
    return 2 * x


async def test_a_plan_of_all_kinds_of_steps_comes_to_its_answer(scene: Scene) -> None:
    tools = ScriptedTools({"load": {"n": 3, "rows": [1, 2, 3]}, "double": doubled})
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(*KINDS))
        assert (ended.success, ended.final_output) == (True, "doubled: [2,4,6]")
        assert (await mp.replay(ended.plan_id)).equal
    assert (tools.called("few"), tools.called("many"), tools.called("double")) == (1, 0, 3)
    assert (ended.completed_steps, ended.skipped_steps) == (15, 1)


async def test_independent_steps_overlap_up_to_the_cap(scene: Scene) -> None:
    at_once = most = 0

    async def work(_call: ToolCall) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await anyio.sleep(0.005)
        at_once -= 1

    async with scene.engine(ScriptedTools(default=work)) as mp:
        ended = await mp.run(plan(*[tool(f"s{number}") for number in range(20)]))
    assert (ended.completed_steps, most) == (20, 5)


async def test_an_idempotency_key_reaches_the_tool_unchanged_over_attempts(scene: Scene) -> None:
    tools = ScriptedTools({"a": attempts(fails("busy"), fails("busy"), "done")})
    retry = {"initial_delay": 0.001, "jitter": False}
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("a", retry=retry)))
    assert [call.attempt for call in tools.calls] == [1, 2, 3]
    assert {call.key for call in tools.calls} == {f"{ended.plan_id}/a/0"}


async def test_attempts_are_stored_before_the_tool_is_called(scene: Scene) -> None:
    def look(call: ToolCall) -> list[str]:
        return [word for word in scene.kinds(call.plan) if word == f"started {call.step}"]

    async with scene.engine(ScriptedTools(default=look)) as mp:
        ended = await mp.run(plan(tool("a"), tool("b", "a"), tool("c", "a")))
    assert ended.final_output == {"b": ["started b"], "c": ["started c"]}


async def test_many_plans_run_side_by_side_and_keep_apart(scene: Scene) -> None:
    results: list[PlanResult] = []
    tools = ScriptedTools({"a": lambda call: call.plan, "b": lambda call: call.arguments["x"]})
    async with scene.engine(tools) as mp:

        async def one() -> None:
            results.append(await mp.run(plan(tool("a"), tool("b", input={"x": "${a.output}"}))))

        async with anyio.create_task_group() as tasks:
            for _plan in range(25):
                tasks.start_soon(one)
    assert len({result.plan_id for result in results}) == 25
    assert all(result.final_output == result.plan_id for result in results)


async def test_a_failing_plan_leaves_other_plans_alone(scene: Scene) -> None:
    tools = ScriptedTools({"bad": fails("disk"), "good": after(0.02, "fine")})
    async with scene.engine(tools) as mp:
        good = await mp.start(plan(tool("good")))
        assert (await mp.run(plan(tool("bad")))).status == "failed"
        assert (await mp.wait(good)).final_output == "fine"


async def test_chunks_are_numbered_without_gaps_and_end_with_the_plan(scene: Scene) -> None:
    def talk(call: ToolCall) -> str:
        for word in ("one", "two"):
            call.emit("token", word)
        return "done"

    async with scene.engine(ScriptedTools({"a": after(0.01), "talk": talk})) as mp:
        plan_id = await mp.start(plan(tool("a"), tool("talk", "a")))
        chunks = [chunk async for chunk in mp.stream(plan_id)]
    sequence = [chunk.sequence for chunk in chunks]
    assert sequence == list(range(sequence[0], sequence[0] + len(chunks)))
    assert [chunk.value for chunk in chunks if chunk.kind == "token"] == ["one", "two"]
    assert chunks[-1].value == "plan.completed.v1"
    assert {chunk.plan for chunk in chunks} == {plan_id}


async def test_a_watcher_sees_every_event_once_it_is_stored(scene: Scene) -> None:
    seen: list[str] = []
    async with scene.engine(ScriptedTools()) as mp:
        ended = await mp.run(plan(tool("a")), watch=lambda event: seen.append(event.id))
    assert seen == [event.id for event in scene.events(ended.plan_id)]


async def test_a_stopped_attempt_that_had_not_begun_calls_no_tool(scene: Scene) -> None:
    """All three start in one save; `a` fails at once, before the other two came to run."""
    tools = ScriptedTools({"a": fails("disk")})
    async with scene.engine(tools) as mp:
        ended = await mp.run(plan(tool("a"), tool("b"), tool("c")))
    assert (ended.status, ended.cancelled_steps) == ("failed", 2)
    assert [call.step for call in tools.calls] == ["a"]
