"""Steps that ask a model: tokens, answers by schema, and what does not fit."""

from typing import Any

import pytest

from milepost.adapters.models import ScriptedModels
from milepost.domain.errors import EquipmentError
from milepost.testing import ScriptedTools

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio

NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def ask(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    given = {"input": {"prompt": f"Tell me about {name}."}, **fields}
    return {"id": name, "kind": "llm", "depends_on": needs, **given}


async def test_an_answer_is_the_steps_output_and_its_use_is_counted(scene: Scene) -> None:
    models = ScriptedModels([{"contains": "rivers", "answer": "they are long"}])
    async with scene.engine(ScriptedTools(), models) as mp:
        ended = await mp.run(plan(ask("rivers")))
        assert ended.final_output == "they are long"
        assert (await mp.replay(ended.plan_id)).equal
    done = next(e for e in scene.events(ended.plan_id) if e.kind == "step.completed.v1")
    assert done.data()["usage"] == {"input_tokens": 4, "output_tokens": 3}


async def test_tokens_are_streamed_while_the_model_answers(scene: Scene) -> None:
    models = ScriptedModels([{"answer": "one two three"}])
    slow = {"id": "w", "kind": "wait", "input": {}, "wait_for": 0.01}
    async with scene.engine(ScriptedTools(), models) as mp:
        plan_id = await mp.start(plan(slow, ask("words", "w")))
        tokens = [chunk.value async for chunk in mp.stream(plan_id) if chunk.kind == "token"]
    assert tokens == ["one", "two", "three"]


async def test_an_answer_that_breaks_its_schema_is_asked_for_again(scene: Scene) -> None:
    models = ScriptedModels([{"answers": ["no json", {"n": "text"}, '{"n": 5}']}])
    given = {"prompt": "How many?", "schema": NUMBER}
    retry = {"max_attempts": 3, "initial_delay": 0.001, "jitter": False}
    async with scene.engine(ScriptedTools(), models) as mp:
        ended = await mp.run(plan(ask("count", input=given, retry=retry)))
    assert ended.final_output == {"n": 5}
    failed = [e for e in scene.events(ended.plan_id) if e.kind == "step.retrying.v1"]
    assert [event.data()["error"]["code"] for event in failed] == ["invalid_answer"] * 2


@pytest.mark.parametrize("answer", ["NaN", '{"n": Infinity}'])
async def test_an_answer_that_json_cannot_hold_fails_the_step(scene: Scene, answer: str) -> None:
    models = ScriptedModels([{"answer": answer}])
    given = {"prompt": "How many?", "schema": {}}
    async with scene.engine(ScriptedTools(), models) as mp:
        ended = await mp.run(plan(ask("count", input=given)))
        assert ended.status == "failed"
        assert (await mp.replay(ended.plan_id)).equal


async def test_without_a_model_a_plan_that_asks_one_is_refused_and_nothing_stored(
    scene: Scene,
) -> None:
    async with scene.engine(ScriptedTools()) as mp:
        with pytest.raises(EquipmentError, match=r"without a model \(step 'rivers'\)"):
            await mp.run(plan(ask("rivers"), tool("a")))
        assert (await mp.plans()).items == ()


async def test_a_prompt_that_no_scripted_model_knows_fails_the_step(scene: Scene) -> None:
    async with scene.engine(ScriptedTools(), ScriptedModels([{"contains": "lakes"}])) as mp:
        ended = await mp.run(plan(ask("rivers")))
    assert "no model is configured" in (ended.error_message or "")


async def test_a_step_without_a_prompt_fails_with_what_is_missing(scene: Scene) -> None:
    async with scene.engine(ScriptedTools(), ScriptedModels([{"answer": "x"}])) as mp:
        asking = ask("rivers", input="${context.given}")
        ended = await mp.run(plan(asking, context={"given": {"system": "be brief"}}))
    assert "needs `prompt`" in (ended.error_message or "")
