"""The WorkflowSimulator: a plan carried out by the real engine in virtual time, without a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.store.memory import MemoryStore
from milepost.adapters.workflow.preparation import Preparation, Runnable
from milepost.domain.ids import StepPath
from milepost.domain.plans import PlanResult, PlanSpec
from milepost.domain.values import Json
from milepost.engine.coordinator import Watch
from milepost.engine.library import Library
from milepost.projections.timeline import Timeline, timeline
from milepost.projections.views import EventView, event_view

from .driver import BEGINNING, engine, virtual_world
from .history import History
from .past import plan_in
from .people import carry_out
from .scripted import ScriptedTools
from .simulated import Script, SimulatedWorld
from .trials import Failing, Seconds
from .virtual_time import run_virtual


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of a simulated plan; the same seed gives the same, event by event."""

    result: PlanResult
    timeline: Timeline
    events: tuple[EventView, ...]
    seed: int

    @property
    def critical_path(self) -> tuple[StepPath, ...]:
        """The steps that the end waited for, first to last."""
        return self.timeline.critical_path


def simulate(
    plan: Runnable,
    *,
    inputs: Mapping[str, Json] | None = None,
    durations: Mapping[str, Seconds] | None = None,
    failures: Mapping[str, Failing] | None = None,
    outputs: Mapping[str, Any] | None = None,
    history: History | None = None,
    seed: int = 0,
    beginning: datetime = BEGINNING,
) -> Simulation:
    """Carry a plan out without calling anything, and return its timeline and result.

    Scheduling, retries, timeouts, waits and limits are the engine's own. What attempts take, give
    and fail with is said by step path, step id, tool or `*`; `history` tells what is left open.
    An attempt of which nothing is known takes its step's `estimated_duration` or one second, and
    gives null. A step that asks a person gets its output as the answer; without one the plan is
    left paused. The plan begins on 2026-01-01 unless another `beginning` is given.

    Raises `ValidationError` for a plan that cannot run and for rules that make no sense. It runs
    in an event loop of its own: call it from code that is not asynchronous.
    """
    spec = content_of(plan)
    script = Script.of(spec, durations, failures, outputs, history)
    return simulated(spec, inputs, script, seed, beginning)


def content_of(plan: Runnable) -> PlanSpec:
    """Return a plan's content, checked but for its tools."""
    expressions = CelExpressions()
    preparation = Preparation(ScriptedTools(), expressions, Library(expressions))
    return preparation.prepare(plan).prepared.spec


def simulated(
    spec: PlanSpec,
    inputs: Mapping[str, Json] | None,
    script: Script,
    seed: int,
    beginning: datetime,
) -> Simulation:
    """Carry a plan out by a script."""
    return run_virtual(_carried_out, spec, inputs, script, seed, beginning)


async def _carried_out(
    spec: PlanSpec,
    inputs: Mapping[str, Json] | None,
    script: Script,
    seed: int,
    beginning: datetime,
) -> Simulation:
    store = MemoryStore()
    simulated = SimulatedWorld(script, seed)
    world = virtual_world(seed, beginning=beginning)
    async with engine(simulated, store=store, models=simulated, world=world) as opened:

        async def begin(watch: Watch) -> str:
            return await opened.start(spec, inputs=inputs, watch=watch)

        result = await carry_out(opened, begin, simulated.reply)
    story = plan_in(store, result.plan_id).story
    events = tuple(event_view(one.position, one.event, story.draft.trace) for one in story.events)
    return Simulation(result, timeline(story), events, seed)
