"""A tool that does as its step says, and what is left of a plan that ran with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import trio
import trio.testing

import milepost
from milepost import Milepost, PlanResult, ToolCall
from milepost.adapters.models import ScriptedModels
from milepost.composition import Config
from milepost.domain.errors import ExecutionError
from milepost.domain.plans import Plan
from milepost.domain.values import Json
from milepost.engine.planner import Planner
from milepost.engine.world import LoopClock, SeededRandomness, World
from milepost.projections.decisions import Decision
from milepost.projections.plan_views import PlanView
from milepost.projections.report import PlanReport
from milepost.projections.step_views import StepView
from milepost.projections.timeline import Timeline
from milepost.projections.views import EventView

Workflow = Mapping[str, Any] | Plan | str | Path
Script = Callable[[Milepost], Awaitable[None]]


class Workbench:
    """Counts the calls of `work`, a tool that gives, takes its time and fails as it is told."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.keys: list[str] = []
        self.hurries = False
        """Whether no call takes its time."""

    @property
    def tools(self) -> list[Any]:
        """The tools `work` (a read) and `write` (the same, but a write)."""
        return [
            milepost.tool(name="work", effect="read")(self._work),
            milepost.tool(name="write", effect="write")(self._work),
        ]

    async def _work(
        self,
        call: ToolCall,
        gives: Json = None,
        takes: float = 0.0,
        fails: str = "",
        times: int = 1_000_000,
    ) -> Json:
        """Take seconds, fail with a code the first `times` times, else give a value."""
        self.calls.append(call.step)
        self.keys.append(call.key)
        await anyio.sleep(0 if self.hurries else takes)
        if fails and self.calls.count(call.step) <= times:
            raise ExecutionError(f"{call.step} cannot", code=fails)
        return gives


@dataclass(frozen=True)
class Story:
    """All that can be read of one plan."""

    result: PlanResult
    plan: PlanView
    steps: dict[str, StepView]
    events: tuple[EventView, ...]
    decisions: tuple[Decision, ...]
    timeline: Timeline
    report: PlanReport

    def __getitem__(self, path: str) -> StepView:
        return self.steps[path]

    def kinds(self, step: str | None = None) -> list[str]:
        """Return the kinds of a step's events in order, without versions; of all if none."""
        found = [event for event in self.events if step is None or event.step == step]
        return [event.kind.removesuffix(".v1") for event in found]

    def order(self, kind: str) -> list[str | None]:
        """Return the steps of all events of a kind, in order."""
        return [event.step for event in self.events if event.kind == f"{kind}.v1"]

    def event(self, kind: str, step: str | None = None) -> EventView:
        """Return the only event of a kind (and a step)."""
        [found] = [
            event
            for event in self.events
            if event.kind == f"{kind}.v1" and (step is None or event.step == step)
        ]
        return found

    def seconds(self, event: EventView) -> float:
        """Return how long after the plan's start an event happened."""
        assert self.plan.started_at is not None
        return (event.time - self.plan.started_at).total_seconds()


def step(name: str, *needs: Any, tool: str = "work", **more: Any) -> dict[str, Any]:
    """Return a tool step; `gives`, `takes`, `fails` and `times` go to the tool."""
    given = {key: more.pop(key) for key in ("gives", "takes", "fails", "times") if key in more}
    return {"id": name, "tool": tool, "depends_on": list(needs), "input": given} | more


def flow(*steps: Mapping[str, Any], **top: Any) -> dict[str, Any]:
    """Return a workflow; keys that are settings go there."""
    settings = {key: top.pop(key) for key in list(top) if key in milepost.PlanSettings.model_fields}
    return {"steps": list(steps), "settings": settings} | top


def virtually(
    script: Script,
    *,
    bench: Workbench | None = None,
    rules: list[dict[str, Any]] | None = None,
    planner: Planner | None = None,
) -> None:
    """Carry a script out on a clock that jumps: an hour's wait takes no time."""
    world = World(clock=LoopClock(), randomness=SeededRandomness(1))

    async def run() -> None:
        async with milepost.open(
            "memory:",
            tools=(bench or Workbench()).tools,
            models=ScriptedModels(rules or []),
            planner=planner,
            config=Config(world=world),
        ) as opened:
            await script(opened)

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))


def carried_out(
    workflow: Workflow, *, inputs: Mapping[str, Json] | None = None, **more: Any
) -> Story:
    """Run a workflow on a clock that jumps and return all that can be read of it."""
    found: list[Story] = []

    async def script(opened: Milepost) -> None:
        result = await opened.run(workflow, inputs=inputs)
        found.append(await told(opened, result))

    virtually(script, **more)
    return found[0]


async def told(opened: Milepost, result: PlanResult) -> Story:
    """Read everything about a plan that rests."""
    plan = result.plan_id
    steps = await opened.steps(plan, limit=1000)
    history = await opened.history(plan, limit=1000)
    decisions = await opened.decisions(plan, limit=1000)
    assert not (steps.is_cut or history.is_cut or decisions.is_cut)
    return Story(
        result=result,
        plan=await opened.plan(plan),
        steps={str(view.path): view for view in steps.items},
        events=history.items,
        decisions=decisions.items,
        timeline=await opened.timeline(plan),
        report=await opened.report(plan),
    )


@asynccontextmanager
async def opened_in(
    folder: Path, bench: Workbench | None = None, **more: Any
) -> AsyncIterator[Milepost]:
    """Open the store of a folder, whose built-in tools see that folder."""
    async with milepost.open(
        folder / "plans.db",
        tools=(bench or Workbench()).tools,
        config=Config(folder=folder),
        **more,
    ) as opened:
        yield opened
