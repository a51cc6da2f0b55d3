"""Plans that use everything a log can hold, carried out into one store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

import milepost
from milepost import Milepost, PlanBuilder, ToolCall
from milepost.adapters.models import ScriptedModels
from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LARGE = {"text": "large " * 12_000}
"""Over 64 KiB, so it is stored aside, and so alike that it adds little to a compressed clone."""


@milepost.tool(name="give", effect="read")
async def give(call: ToolCall, value: Json = None, fails: int = 0, seconds: float = 0.0) -> Json:
    """Give a value after some time and after some failures."""
    await anyio.sleep(seconds)
    if call.attempt <= fails:
        raise ExecutionError("not yet", code="busy")
    return LARGE if value == "large" else value


@milepost.tool(name="pay", effect="write")
async def pay(call: ToolCall) -> str:
    """Change the world; the first attempt is never heard of again."""
    if call.attempt == 1:
        await anyio.sleep_forever()
    return f"paid in attempt {call.attempt}"


@milepost.tool(name="divide", effect="read")
def divide(by: int) -> float:
    """Divide one by a number."""
    return 1 / by


@milepost.tool(name="send", effect="write")
def send(what: Json) -> str:
    """Change the world."""
    return f"sent {what}"


@milepost.tool(name="unsend", effect="write")
def unsend(what: str) -> str:
    """Change it back."""
    return f"undid: {what}"


class _Once:
    """Whether something failed before."""

    failed = False


@milepost.tool(name="fail_once", effect="read")
def fail_once() -> str:
    """Fail the first call of all."""
    if not _Once.failed:
        _Once.failed = True
        raise ValueError("the first call fails")
    return "the second call succeeds"


@asynccontextmanager
async def opened_at(store: Path) -> AsyncIterator[Milepost]:
    """Open the store with the tools and the model that the plans use."""
    models = ScriptedModels([{"contains": "colour", "answer": "blue"}])
    tools = [give, pay, divide, send, unsend, fail_once]
    async with milepost.open(store, tools=tools, models=models) as opened:
        yield opened


async def write_plans(store: Path) -> None:
    """Carry out every plan here; some are left unfinished."""
    async with opened_at(store) as opened:
        await _ask(opened)
        await opened.run(FAILING, session="s1", user="ada", tags=("nightly", "eu"), trace=TRACE)
        await opened.run(BROKEN)
        await opened.run(LATE)
        await opened.run(LIMITED)
        await _steer(opened)
        await opened.run(BUILT)
        await opened.publish(PUBLISHED)
        await opened.publish(PUBLISHED | {"version": "1.1.0", "description": "Greets twice"})
        await opened.run("greeting@1.0.0", inputs={"name": "Ada"})
        await _travel(opened)
        await _recover(opened)
        for workflow in (REPLANNED, HOPELESS, ENDLESS):
            await opened.run(workflow)
    for settle in (_retry, _value):
        await _cut_off(store, PAYING)
        await _settle(store, settle)
    await _cut_off(store, UNFINISHED)


async def _ask(opened: Milepost) -> None:
    """Run the plan with every kind of step; it asks, and gets a wrong answer refused first."""
    paused = await opened.run(KINDS, inputs={"names": ["x", "y"]})
    try:
        await opened.answer(paused.plan_id, "ask", value="many", who="ada")
    except milepost.RefusedError:
        await opened.answer(paused.plan_id, "ask", value=3, who="ada", why="counted them")
    await opened.wait(paused.plan_id)


async def _steer(opened: Milepost) -> None:
    """Pause, resume and cancel a plan."""
    plan = await opened.start(STEERED)
    await opened.pause(plan, who="bob", why="lunch")
    await opened.wait(plan)
    with anyio.move_on_after(0.1):
        await opened.resume(plan)
    await opened.cancel(plan, who="eve", why="enough")


async def _travel(opened: Milepost) -> None:
    """Stop a plan at a breakpoint, revise it, go back in it, fork it and undo what it did."""
    plan = await opened.start(TRAVELLED, breakpoints=["report"], user="ada")
    await opened.wait(plan)
    await opened.checkpoint(plan, "before the report", snapshot=True, why="looks good", who="ada")
    await opened.checkpoint(plan, "by mistake", who="ada")
    await opened.forget_checkpoint(plan, "by mistake", who="ada")
    await opened.revise(plan, _revised(TRAVELLED), why="more to tell", who="ada")
    await opened.set_breakpoint(plan, "report", on=False, who="ada")
    await opened.resume(plan)
    await opened.rollback(plan, 1, effects="accept", why="too much", who="bob")
    await opened.wait(plan)
    await opened.restore(plan, checkpoint="before the report", effects="accept", who="bob")
    await opened.wait(plan)
    fork = await opened.fork(plan, checkpoint="before the report", replace={"load": [5, 6]})
    await opened.wait(fork)
    await opened.compensate(plan, why="sent by mistake", who="eve")


async def _recover(opened: Milepost) -> None:
    """Let a plan fail, and go on with what was wrong mended."""
    failed = await opened.run(MENDED)
    good = _give("broken", "load", value="mended")
    mended = MENDED | {"steps": [MENDED["steps"][0], good, MENDED["steps"][2]]}
    await opened.recover(failed.plan_id, plan=mended, why="the tool was wrong", who="ada")
    await opened.wait(failed.plan_id)


def _revised(workflow: dict[str, Any]) -> dict[str, Any]:
    """Return a workflow whose last step says more, after one more step."""
    first, *rest, _last = workflow["steps"]
    extra = _give("extra", "send", value="more")
    report = _give("report", "send", "extra", value="${send.output} and ${extra.output}")
    return workflow | {"steps": [first, *rest, extra, report]}


async def _cut_off(store: Path, workflow: dict[str, Any]) -> None:
    """Begin a plan and leave it in the middle, as a crash does."""
    async with opened_at(store) as opened:
        plan = await opened.start(workflow)
        while not (await opened.step(plan, "middle")).started_at:
            await anyio.sleep(0.005)


async def _settle(store: Path, settle: Callable[[Milepost, str], Any]) -> None:
    """Carry the newest plan on, and say what became of the call that was cut off."""
    async with opened_at(store) as opened:
        [plan] = (await opened.plans(limit=1)).items
        await opened.resume(plan.id)
        await settle(opened, plan.id)
        await opened.wait(plan.id)


async def _retry(opened: Milepost, plan: str) -> None:
    await opened.answer(plan, "middle", outcome="retry", who="ada", why="nothing was paid")


async def _value(opened: Milepost, plan: str) -> None:
    await opened.answer(plan, "middle", value="paid by hand", who="ada")


def _give(name: str, *needs: str, value: Json = None, **more: Any) -> dict[str, Any]:
    given = {key: more.pop(key) for key in ("fails", "seconds") if key in more}
    return {
        "id": name,
        "tool": "give",
        "depends_on": list(needs),
        "input": {"value": value, **given},
        **more,
    }


_QUICK = {"max_attempts": 3, "initial_delay": "1ms", "jitter": False}

KINDS: dict[str, Any] = {
    "name": "every kind",
    "description": "Every kind of step, with all that a step may say",
    "version": "2026.1",
    "inputs": {"names": {"type": "array", "items": {"type": "string"}}},
    "context": {"seen": 0},
    "estimated_duration": "2s",
    "metadata": {"purpose": "golden"},
    "steps": [
        _give(
            "first", value="large", metadata={"a": [1]}, estimated_duration="1s", set={"seen": 1}
        ),
        _give("flaky", value="${inputs.names}", fails=2, retry=_QUICK | {"max_attempts": 4}),
        _give("näme mit Leerzeichen", "first", value="${size(first.output.text)}"),
        {"id": "model", "type": "llm", "prompt": "Which colour has ${inputs.names[0]}?"},
        {
            "id": "choose",
            "type": "branch",
            "depends_on": ["model"],
            "cases": [
                {"when": "model.output == 'red'", "steps": [_give("red")]},
                {"when": "model.output == 'blue'", "steps": [_give("blue", value="sea")]},
                {"else": True, "steps": [_give("none")]},
            ],
        },
        {"id": "all", "type": "parallel", "steps": [_give("l", value=1), _give("r", value=2)]},
        {
            "id": "race",
            "type": "parallel",
            "mode": "first_success",
            "steps": [_give("fast", value="won"), _give("slow", seconds=30)],
        },
        {"id": "row", "type": "sequential", "steps": [_give("1"), _give("2", value="two")]},
        {
            "id": "again",
            "type": "sequential",
            "retry": _QUICK,
            "steps": [_give("one"), {"id": "once", "tool": "fail_once", "input": {}}],
        },
        {
            "id": "each",
            "type": "loop",
            "for_each": "${inputs.names}",
            "concurrency": 2,
            "steps": [_give("one", value="${item}-${index}")],
        },
        {"id": "times", "type": "loop", "count": 2, "steps": [_give("t", value="${index}")]},
        {
            "id": "until",
            "type": "loop",
            "until": "previous >= 1",
            "steps": [_give("u", value="${index}")],
        },
        {"id": "while", "type": "loop", "while": "index < 1", "steps": [_give("w")]},
        {"id": "pause", "type": "wait", "for": "10ms"},
        _give("not wanted", when="context.seen > 5"),
        {
            "id": "ask",
            "type": "user_input",
            "prompt": "How many?",
            "schema": {"type": "integer"},
            "assignee": "ada",
            "show": {"colour": "${model.output}"},
        },
        {
            "id": "answer",
            "type": "response",
            "depends_on": [
                "all",
                "race",
                "row",
                "again",
                "times",
                "until",
                "while",
                "pause",
                "flaky",
            ],
            "output": {
                "count": "${ask.output}",
                "each": "${each.output}",
                "sea": "${choose.output}",
            },
        },
    ],
}
FAILING: dict[str, Any] = {
    "name": "partial",
    "settings": {"stop_on_first_failure": False},
    "steps": [
        _give("good", value=1),
        {"id": "zero", "tool": "divide", "input": {"by": 0}},
        _give("lost", "zero"),
        {"id": "gone", "tool": "give", "input": {"value": "${good.output.missing}"}},
    ],
}
BROKEN: dict[str, Any] = {
    "name": "failed in a child",
    "steps": [
        {"id": "outer", "type": "sequential", "steps": [_give("inner", fails=9, retry=_QUICK)]},
        _give("beside", seconds=30),
    ],
}
LATE: dict[str, Any] = {
    "name": "out of time",
    "settings": {"max_execution_time": "50ms"},
    "steps": [_give("done", value=1), _give("slow", "done", seconds=30)],
}
LIMITED: dict[str, Any] = {
    "name": "limited",
    "settings": {"max_steps": 2, "on_limit": "pause"},
    "steps": [_give("a"), _give("b"), _give("c")],
}
STEERED: dict[str, Any] = {
    "name": "steered",
    "steps": [_give("a", seconds=0.02), _give("b", "a", seconds=30)],
}
PUBLISHED: dict[str, Any] = {
    "name": "greeting",
    "version": "1.0.0",
    "inputs": {"name": {"type": "string"}},
    "steps": [{"id": "hello", "type": "response", "text": "Hello ${inputs.name}"}],
}
PAYING: dict[str, Any] = {
    "name": "paying",
    "steps": [
        _give("before"),
        {"id": "middle", "tool": "pay", "depends_on": ["before"], "input": {}},
    ],
}
UNFINISHED: dict[str, Any] = {
    "name": "unfinished",
    "steps": [
        _give("before", value="kept"),
        _give("middle", "before", seconds=1),
        _give("after", "middle", value="${before.output}"),
    ],
}
TRAVELLED: dict[str, Any] = {
    "name": "travelled",
    "settings": {"checkpoints": {"after": ["load"]}},
    "steps": [
        _give("load", value=[1, 2], set={"loaded": True}),
        {
            "id": "each",
            "type": "loop",
            "for_each": "${load.output}",
            "steps": [_give("one", value="${item}")],
        },
        {
            "id": "send",
            "tool": "send",
            "depends_on": ["each"],
            "input": {"what": "${load.output}"},
            "compensate": {"tool": "unsend", "input": {"what": "${send.output}"}},
        },
        _give("report", "send", value="${send.output}"),
    ],
}
REPLANNED: dict[str, Any] = {
    "name": "replanned",
    "settings": {"replan": {"strategies": ["alternative"]}},
    "steps": [
        {
            "id": "first way",
            "tool": "divide",
            "input": {"by": 0},
            "alternatives": [{"tool": "give", "input": {"value": "another way"}}],
        },
    ],
}
HOPELESS: dict[str, Any] = {
    "name": "hopeless",
    "settings": {"replan": {"strategies": ["alternative"], "on_limit": "fail"}},
    "steps": [{"id": "only way", "tool": "divide", "input": {"by": 0}}],
}
ENDLESS: dict[str, Any] = {
    "name": "endless",
    "settings": {"loops": {"max_repeats": 2}},
    "steps": [
        {"id": "again", "type": "loop", "while": "true", "steps": [_give("same", value="same")]},
    ],
}
MENDED: dict[str, Any] = {
    "name": "mended",
    "steps": [
        _give("load", value=1),
        {"id": "broken", "tool": "divide", "depends_on": ["load"], "input": {"by": 0}},
        _give("after", "broken", value="${broken.output}"),
    ],
}
BUILT = (
    PlanBuilder()
    .with_id("built-in-python")
    .with_name("built")
    .with_tags("one", "two")
    .add_tool_step("give", {"value": 4})
    .add_response("${steps['1'].output}", depends_on=1)
    .build()
)
