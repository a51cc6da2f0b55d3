"""Pause, resume, cancel, answer: asked from anywhere, carried out by the owner, answered once."""

from functools import partial

import anyio
import pytest

from milepost.domain.errors import IllegalTransitionError, RefusedError, UnknownNameError
from milepost.domain.events import Event, RequestAnswered, RequestMade
from milepost.testing import ScriptedTools, after, hangs

from .scene import Scene, plan, question, tool

pytestmark = pytest.mark.anyio

CHAIN = [tool("a"), tool("b", "a"), tool("c", "b")]
SLOWLY = ScriptedTools({"a": after(0.1, 1), "b": 2, "c": 3})
AGE = {"prompt": "How old?", "schema": {"type": "integer", "minimum": 0}}


def answered(events: list[Event]) -> dict[str, bool]:
    """Return each request with whether it was accepted; fail if one was not answered once."""
    made = [event.id for event in events if isinstance(event, RequestMade)]
    answers = [event for event in events if isinstance(event, RequestAnswered)]
    assert sorted(event.cause for event in answers) == sorted(made)
    return {event.cause: event.accepted for event in answers}


async def test_pause_lets_attempts_end_and_starts_none_until_resumed(scene: Scene) -> None:
    async with scene.engine(SLOWLY) as mp:
        plan_id = await mp.start(plan(*CHAIN))
        await mp.pause(plan_id, why="lunch", who="ann")
        paused = await mp.wait(plan_id)
        assert (paused.status, paused.completed_steps, paused.reason) == ("paused", 1, "lunch")
        [ended] = await mp.resume(plan_id)
        assert (ended.status, ended.completed_steps) == ("completed", 3)
        assert (await mp.replay(plan_id)).equal
    assert scene.kinds(plan_id) == [
        "plan drafted",
        "plan started",
        "started a",
        "asked pause",
        "plan paused",
        "plan request_answered",
        "completed a",
        "asked resume",
        "plan owner_changed",
        "plan resumed",
        "plan request_answered",
        "started b",
        "completed b",
        "started c",
        "completed c",
        "plan completed",
    ]


async def test_a_paused_plan_can_be_resumed_while_its_attempts_still_run(scene: Scene) -> None:
    async with scene.engine(SLOWLY) as mp:
        plan_id = await mp.start(plan(*CHAIN))
        await mp.pause(plan_id)
        [ended] = await mp.resume(plan_id)
        assert ended.success
    words = scene.kinds(plan_id)
    assert words.index("plan resumed") < words.index("completed a")
    assert "plan owner_changed" not in words


async def test_who_asked_and_why_stand_in_the_record(scene: Scene) -> None:
    async with scene.engine(ScriptedTools({"a": hangs})) as mp:
        plan_id = await mp.start(plan(tool("a")))
        await mp.cancel(plan_id, why="wrong region", who="ann")
        await mp.wait(plan_id)
    events = {event.kind: event for event in scene.events(plan_id)}
    request, cancelled = events["request.made.v1"], events["plan.cancelled.v1"]
    assert (request.actor, request.data()["why"]) == ("ann", "wrong region")
    assert (cancelled.actor, cancelled.data()["reason"]) == ("ann", "wrong region")
    assert events["step.cancelled.v1"].cause == request.id


@pytest.mark.parametrize("command", ["pause", "cancel"])
async def test_an_ended_plan_refuses_and_stores_nothing(scene: Scene, command: str) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        ended = await mp.run(plan(tool("a")))
        before = scene.kinds(ended.plan_id)
        with pytest.raises(IllegalTransitionError, match="completed"):
            await getattr(mp, command)(ended.plan_id)
        assert scene.kinds(ended.plan_id) == before


async def test_an_unknown_plan_is_named(scene: Scene) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        with pytest.raises(UnknownNameError, match="p-nowhere"):
            await mp.pause("p-nowhere")


async def test_a_request_that_loses_a_race_against_the_plans_end_is_refused(
    scene: Scene,
) -> None:
    async with scene.engine(ScriptedTools({"a": after(0.01)})) as mp:
        plan_id = await mp.start(plan(tool("a")))
        refused = 0

        async def pause() -> None:
            nonlocal refused
            try:
                await mp.pause(plan_id)
            except RefusedError:
                refused += 1

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                for number in range(12):
                    tasks.start_soon(pause)
                    await anyio.sleep(0.002 if number % 2 else 0)
            if (await mp.wait(plan_id)).status == "paused":
                await mp.resume(plan_id)
        answers = answered(scene.events(plan_id))
        assert (await mp.wait(plan_id)).status == "completed"
        assert (await mp.replay(plan_id)).equal
    assert list(answers.values()).count(True) <= 2


async def test_a_question_pauses_the_plan_and_its_answer_is_checked(scene: Scene) -> None:
    use = tool("use", input={"age": "${age.output}"})
    tools = ScriptedTools({"use": lambda call: call.arguments["age"]})
    async with scene.engine(tools) as mp:
        asked = await mp.run(plan(question("age", input=AGE), use))
        assert (asked.status, asked.waiting) == ("paused", ("age",))
        before = scene.kinds(asked.plan_id)
        for wrong in ("old", -1, None):
            with pytest.raises(RefusedError, match="does not fit"):
                await mp.answer(asked.plan_id, "age", value=wrong)
        with pytest.raises(RefusedError, match="does not wait for an answer"):
            await mp.answer(asked.plan_id, "use", value=1)
        with pytest.raises(RefusedError, match="asks a person for a value"):
            await mp.answer(asked.plan_id, "age", outcome="retry")
        with pytest.raises(IllegalTransitionError, match="paused"):
            await mp.pause(asked.plan_id)
        assert scene.kinds(asked.plan_id) == before
        await mp.answer(asked.plan_id, "age", value=42, who="bob")
        ended = await mp.wait(asked.plan_id)
        assert (ended.status, ended.final_output) == ("completed", 42)
        assert (await mp.replay(asked.plan_id)).equal
    done = next(e for e in scene.events(asked.plan_id) if e.kind == "step.completed.v1")
    assert done.actor == "bob"


async def test_answers_to_two_questions_given_at_once_both_arrive(scene: Scene) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        asked = await mp.run(plan(question("x"), question("y"), tool("z", "x", "y")))
        assert set(asked.waiting) == {"x", "y"}
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                for name in ("x", "y"):
                    tasks.start_soon(partial(mp.answer, asked.plan_id, name, value=name))
            ended = await mp.wait(asked.plan_id)
        assert (ended.status, ended.completed_steps) == ("completed", 3)
        assert list(answered(scene.events(asked.plan_id)).values()) == [True, True]


async def test_the_same_question_is_answered_once(scene: Scene) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        asked = await mp.run(plan(question("x"), question("y")))
        outcomes: list[str] = []

        async def answer(value: int) -> None:
            try:
                await mp.answer(asked.plan_id, "x", value=value)
                outcomes.append("taken")
            except RefusedError:
                outcomes.append("refused")

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                for value in range(3):
                    tasks.start_soon(answer, value)
        assert sorted(outcomes) == ["refused", "refused", "taken"]


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, "nonsense"])
async def test_a_schema_that_is_none_refuses_the_answer_and_nothing_else_breaks(
    scene: Scene, schema: object
) -> None:
    asking = question("x", input={"prompt": "?", "schema": "${context.schema}"})
    async with scene.engine(ScriptedTools()) as mp:
        asked = await mp.run(plan(asking, context={"schema": schema}))
        with pytest.raises(RefusedError, match="schema itself"):
            await mp.answer(asked.plan_id, "x", value=1)
        assert (await mp.run(plan(tool("a")))).success
        await mp.cancel(asked.plan_id)
        assert (await mp.wait(asked.plan_id)).status == "cancelled"


async def test_another_process_asks_and_the_owner_carries_it_out(scene: Scene) -> None:
    async with (
        scene.engine(ScriptedTools({"a": hangs})) as owner,
        scene.engine(ScriptedTools()) as other,
    ):
        plan_id = await owner.start(plan(tool("a")))
        with anyio.fail_after(10):
            await other.cancel(plan_id, who="eve")
            ended = await owner.wait(plan_id)
        assert (ended.status, scene.kinds(plan_id).count("plan owner_changed")) == ("cancelled", 0)


async def test_cancelling_the_call_of_run_cancels_the_plan(scene: Scene) -> None:
    async with scene.engine(ScriptedTools({"a": hangs})) as mp:
        with anyio.move_on_after(0.05):
            await mp.run(plan(tool("a")))
        [plan_id] = scene.store.positions
        assert scene.kinds(plan_id)[-2:] == ["plan cancelled", "plan request_answered"]
