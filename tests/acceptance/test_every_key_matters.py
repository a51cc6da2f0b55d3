"""Changing one key of a workflow, and nothing else, changes what happens or what is shown."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio
import trio.testing

import milepost
from milepost import Milepost, PlanStatus
from milepost.adapters.store.memory import MemoryStore
from milepost.adapters.tools import ToolRegistry
from milepost.domain.errors import RefusedError
from milepost.domain.values import Json
from milepost.engine.models import Prompt, Token
from milepost.projections.views import as_json
from milepost.testing import engine, virtual_world

from .key_cases import CHANGES, SAME, Change
from .workbench import Workbench

NAMED = (
    *("Workflow", "PlanSettings", "RetryPolicy", "CheckpointPolicy", "ReplanPolicy", "LoopPolicy"),
    *("RecoveryPolicy", "Case", "Compensation", "Alternative"),
)
SCHEMA = Path(milepost.__file__).parent / "schemas/FixedWorkflow.schema.json"


class TellingBack:
    """A model that answers with what it was asked."""

    async def answer(self, prompt: Prompt, key: str) -> AsyncIterator[Token]:
        del key
        asked: list[Json] = [prompt.text, prompt.model, prompt.context, prompt.schema is not None]
        yield Token(whole=True, answer={"asked": asked})

    def check(self, value: Json, schema: Json) -> None:
        del value, schema


def keys() -> Iterator[str]:
    """Yield every key of the published schema, by the object that has it."""
    models = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    for name in NAMED:
        yield from (f"{name}.{key}" for key in models[name]["properties"])
    edges = [way for way in models["Dependency"]["anyOf"] if "properties" in way]
    yield from (f"Dependency.{key}" for key in edges[0]["properties"])
    yield from _keys_of_steps(models["Step"])


def _keys_of_steps(step: Mapping[str, Any]) -> Iterator[str]:
    of_kind = {_kind(rule): set(rule["then"]["propertyNames"]["enum"]) for rule in step["allOf"]}
    common = set.intersection(*of_kind.values())
    assert set(step["properties"]) == set.union(*of_kind.values())
    yield from (f"Step.{key}" for key in common)
    for kind, names in of_kind.items():
        yield from (f"Step.{kind}.{key}" for key in names - common)


def _kind(rule: Mapping[str, Any]) -> str:
    """Return the long name of the kind whose spellings a rule is for."""
    [spelled] = [
        part["properties"]["type"]["pattern"]
        for part in rule["if"]["anyOf"]
        if "type" in part.get("properties", {})
    ]
    [kind] = [kind.value for kind in milepost.StepKind if re.match(spelled, kind.value)]
    return str(kind)


def told(
    workflow: Mapping[str, Any], *, crashes: bool, recovers: bool = False
) -> tuple[list[Any], Any]:
    """Run a workflow; return its events without the hash of the content, and its view."""
    found: list[Any] = []
    store, world = MemoryStore(), virtual_world()

    def opened() -> Any:
        tools = ToolRegistry(Workbench().tools)
        return engine(tools, store=store, models=TellingBack(), world=world)

    async def script() -> None:
        if crashes:
            async with opened() as mp:
                plan = await mp.start(workflow)
                await anyio.sleep(1)
        async with opened() as mp:
            if crashes:
                [result] = await mp.resume(plan)
            else:
                result = await mp.run(workflow)
                plan = result.plan_id
                await _answer_all(mp, plan)
            if recovers:
                await _recover(mp, plan)
            found.append([_told(event) for event in (await mp.history(plan, limit=500)).items])
            found.append(as_json(await mp.plan(plan)))

    trio.run(script, clock=trio.testing.MockClock(autojump_threshold=0))
    return found[0], found[1]


async def _answer_all(mp: Milepost, plan: str) -> None:
    result = await mp.wait(plan)
    while result.status is PlanStatus.PAUSED and result.waiting:
        await mp.answer(plan, result.waiting[0], value=1, who="ada")
        result = await mp.wait(plan)


async def _recover(mp: Milepost, plan: str) -> None:
    with suppress(RefusedError):
        await mp.recover(plan)
        await mp.wait(plan)


def _told(event: Any) -> Any:
    told = as_json(event)
    data = {name: value for name, value in told["data"].items() if name != "content"}
    return [told["time"], told["kind"], told["step"], data]


def differs(change: Change) -> bool:
    """Tell whether the change makes a difference of the kind that it is meant to make."""
    ways = {"crashes": change.crashes, "recovers": change.recovers}
    events, view = told(change.base, **ways)
    changed, shown = told(change.changed, **ways)
    if change.is_shown:
        assert events == changed
        return bool(view["content"] != shown["content"] and view["spec"] != shown["spec"])
    return bool(events != changed)


def test_every_key_of_the_published_schema_has_a_case_here() -> None:
    assert set(keys()) == CHANGES.keys() | SAME.keys()


@pytest.mark.parametrize("name", CHANGES)
def test_changing_only_this_key_changes_the_events_or_what_is_shown(name: str) -> None:
    change = CHANGES[name]

    assert change.key == name.rsplit(".", maxsplit=1)[-1]
    assert differs(change)


@pytest.mark.parametrize("name", SAME)
def test_a_key_that_only_says_what_holds_anyway_changes_nothing(name: str) -> None:
    assert not differs(SAME[name])


def test_a_change_that_is_none_is_told_from_one_that_is() -> None:
    """The comparison itself: the same workflow twice gives the same events."""
    base = CHANGES["Step.input"].base

    assert not differs(Change(base, "/version", "1.0.0"))
    assert differs(Change(base, "/version", "1.0.1"))
