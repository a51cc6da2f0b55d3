"""What an engine test plays in: one store, one world, and engines opened on them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio

from milepost.adapters.store.memory import MemoryStore
from milepost.domain.events import Event
from milepost.domain.ids import path_of
from milepost.domain.plans import PlanSpec
from milepost.engine.models import Models
from milepost.engine.planner import Planner
from milepost.engine.tooling import Tools
from milepost.facade import Milepost
from milepost.testing import engine, events_of, virtual_world

Written = dict[str, Any]


def plan(*steps: Written, **fields: Any) -> PlanSpec:
    """Return a plan of the steps given; `settings` and the like by name."""
    return PlanSpec.model_validate({"steps": steps, **fields})


def tool(name: str, *needs: Any, **fields: Any) -> Written:
    """Return a tool step."""
    return {"id": name, "kind": "tool", "tool": "work", "input": {}, "depends_on": needs, **fields}


def question(name: str, *needs: Any, **fields: Any) -> Written:
    """Return a step that asks a person."""
    given = {"input": {"prompt": f"{name}?"}, **fields}
    return {"id": name, "kind": "user_input", "depends_on": needs, **given}


class Scene:
    """One store in memory and one world; engines on it are like processes on one file."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.world = virtual_world()

    def engine(
        self, tools: Tools, models: Models | None = None, planner: Planner | None = None
    ) -> AbstractAsyncContextManager[Milepost]:
        """Open an engine; leaving it is a crash."""
        return engine(tools, store=self.store, models=models, planner=planner, world=self.world)

    def events(self, plan_id: str) -> list[Event]:
        """Return what is stored of a plan."""
        return events_of(self.store, plan_id)

    def kinds(self, plan_id: str) -> list[str]:
        """Return what is stored in short words: `started a`, `plan completed`."""
        return [_told(event) for event in self.events(plan_id)]

    async def until(self, plan_id: str, *words: str) -> None:
        """Wait until an event of each of these words is stored."""
        with anyio.fail_after(30):
            while not set(words) <= set(self.kinds(plan_id)):
                await anyio.sleep(0.001)


def _told(event: Event) -> str:
    family, what, _version = event.kind.split(".")
    if family == "request":
        return f"asked {event.data()['command']}"
    path = path_of(event.originator_id)
    return f"{what} {path}" if path is not None else f"plan {what}"
