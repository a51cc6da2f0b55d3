"""Whatever goes wrong while a plan runs, it comes to an end that can be read: row J7."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import anyio
import pytest

import milepost
from milepost.adapters.models import ScriptedModels
from tests.acceptance.workbench import Workbench, flow, step

PATIENCE = 60.0
"""Seconds after which a plan counts as one without an end."""
HARM: dict[str, tuple[dict[str, Any], str]] = {
    "an error of the tool": (flow(step("a", fails="broken")), "a cannot"),
    "an error that nobody foresaw": (flow({"id": "a", "tool": "harm", "input": {}}), "ZeroDiv"),
    "an exit": (flow({"id": "a", "tool": "leave", "input": {}}), "SystemExit"),
    "a result without JSON": (flow({"id": "a", "tool": "odd", "input": {}}), "JSON"),
    "a missing field": (flow(step("a", gives={}), step("b", gives="${a.output.n}")), r"output\.n"),
    "a wrong argument": (
        flow(step("a", gives=[]), step("b", input={"takes": "${a.output}"})),
        "takes",
    ),
    "no model that knows": (flow({"id": "a", "type": "llm", "prompt": "hm"}), "no model"),
    "a timeout": (flow(step("a", takes=9, timeout="20ms")), "timeout"),
    "the plan's timeout": (flow(step("a", takes=9), max_execution_time="20ms"), "max_execution"),
    "an endless loop": (
        flow(
            {"id": "a", "type": "loop", "while": "true", "max_iterations": 5, "steps": [step("i")]}
        ),
        "max_iterations",
    ),
    "a condition without an answer": (
        flow(step("a", gives={}), step("b", when="a.output.n > 1")),
        "n",
    ),
}


@milepost.tool
def harm() -> int:
    """Divide by nothing."""
    return 1 // 0


@milepost.tool
def leave() -> None:
    """Ask the program to end."""
    raise SystemExit(3)


@milepost.tool
def odd() -> object:
    """Give what no JSON can hold."""
    return float("nan")


@pytest.mark.parametrize("harmful", HARM)
async def test_whatever_goes_wrong_a_plan_comes_to_an_end_with_a_readable_error(
    tmp_path: Path, harmful: str
) -> None:
    workflow, words = HARM[harmful]
    tools = [*Workbench().tools, harm, leave, odd]
    models = ScriptedModels([])
    async with milepost.open(tmp_path / "plans.db", tools=tools, models=models) as opened:
        before = asyncio.all_tasks()
        with anyio.fail_after(PATIENCE):
            result = await opened.run(workflow)
        assert asyncio.all_tasks() == before
        assert (await opened.replay(result.plan_id)).equal

    assert result.status == "failed"
    assert result.error_message is not None
    assert len(result.error_message.splitlines()) == 1
    assert re.search(words, result.error_message)
