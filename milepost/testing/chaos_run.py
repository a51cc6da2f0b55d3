"""The ChaosEngine: a plan carried to its end through injected errors, delays and crashes.

A crash stops the engine as a kill does: in the middle of a call, nothing of what was under way is
stored, and the next engine on the same store carries the plan on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import anyio

from milepost.adapters.store.memory import MemoryStore
from milepost.adapters.workflow.preparation import Runnable
from milepost.domain.errors import StoreError, ValidationError
from milepost.domain.events import StepSuspended
from milepost.domain.lifecycles import PLAN_ENDED
from milepost.domain.plans import PlanResult, PlanStatus
from milepost.domain.values import Json
from milepost.engine.coordinator import Watch
from milepost.engine.models import Models
from milepost.engine.tooling import Tool, Tools
from milepost.facade import Milepost
from milepost.projections.views import EventView, event_view

from .chaos import ChaosTools, Fault, FaultKind
from .chaos_checks import problems_of
from .driver import engine, events_of, virtual_world
from .people import Answer, Question, carry_out
from .scripted import step_id
from .virtual_time import run_virtual

MOST_CRASHES = 1_000
"""Crashes after which a run is given up unless another number is given."""


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """What became of a plan under faults; the same seed gives the same, event by event.

    `problems` has a line for each of these that does not hold: the plan ended; its replay is
    equal; no completed step was called again; no attempt was called twice; every call was
    preceded by its stored start.
    """

    seed: int
    result: PlanResult
    faults: tuple[Fault, ...]
    calls: int
    events: tuple[EventView, ...]
    problems: tuple[str, ...]

    @property
    def crashes(self) -> int:
        """How often the engine was stopped."""
        kinds = (FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER)
        return sum(fault.kind in kinds for fault in self.faults)

    @property
    def is_sound(self) -> bool:
        """Whether all holds that must hold."""
        return not self.problems


def chaos_run(
    plan: Runnable,
    tools: ChaosTools | Tools | Iterable[Tool],
    *,
    seed: int | None = None,
    inputs: Mapping[str, Json] | None = None,
    answers: Mapping[str, Json] | None = None,
    unknown: str = "retry",
    models: Models | None = None,
    most_crashes: int = MOST_CRASHES,
) -> ChaosReport:
    """Carry a plan out under faults, over all crashes, and check that nothing went wrong by them.

    Tools that are no `ChaosTools` get one error and one crash in ten calls, and delays up to five
    seconds. `answers` are for steps that ask a person, by path or id; `unknown` (`retry` or
    `fail`) for writing tools that a crash cut off. After more than `most_crashes` the run is given
    up, which is a problem. It runs in virtual time in an event loop of its own: call it from code
    that is not asynchronous, with tools that are asynchronous.
    """
    if unknown not in ("retry", "fail"):
        raise ValidationError(f"{unknown!r} is not retry or fail", where="unknown")
    chaos = tools if isinstance(tools, ChaosTools) else _usual(tools)
    run = _Run(plan, chaos.fresh(seed), inputs, models, partial(_reply, answers or {}, unknown))
    return run_virtual(run.report, most_crashes)


def find_failing_seed(check: Callable[[int], object], seeds: Iterable[int]) -> int | None:
    """Return the first seed under which a check raises or returns False, None without one.

    The check fails again under that seed, to be looked at: `check(seed)`.
    """
    return next((seed for seed in seeds if _fails(check, seed)), None)


class _Run:
    """One plan on one store, through several lives of the engine."""

    def __init__(
        self,
        plan: Runnable,
        chaos: ChaosTools,
        inputs: Mapping[str, Json] | None,
        models: Models | None,
        reply: Callable[[Question], Answer | None],
    ) -> None:
        self._source = plan
        self._chaos = chaos
        self._inputs = inputs
        self._models = models
        self._reply = reply
        self._store = MemoryStore()
        self._world = virtual_world(chaos.chances.seed)
        self._plan = ""
        chaos.position = lambda: self._store.recorder.max_notification_id() or 0

    async def report(self, most_crashes: int) -> ChaosReport:
        """Let one life follow the other until the plan rests; return what came of it."""
        lives = 1
        while not (rests := await self._live()) and lives <= most_crashes:
            lives += 1
        problems = [] if rests else [f"it was given up after {lives} crashes; see `most_crashes`"]
        async with engine(self._chaos, store=self._store, world=self._world) as opened:
            result = await opened.wait(self._plan)
            replayed = await opened.replay(self._plan)
        stored = [self._store.stored(at) for at in self._store.positions[self._plan]]
        return ChaosReport(
            seed=self._chaos.chances.seed,
            result=result,
            faults=tuple(self._chaos.faults),
            calls=len(self._chaos.calls),
            events=tuple(event_view(*one, None) for one in stored),
            problems=(*problems, *problems_of(result, replayed, stored, self._chaos.calls)),
        )

    async def _live(self) -> bool:
        """Carry the plan on; tell whether it came to rest before a crash."""
        rests = False
        with anyio.CancelScope() as life:
            self._chaos.crash = partial(self._crash, life)
            try:
                async with engine(
                    self._chaos, store=self._store, models=self._models, world=self._world
                ) as opened:
                    await carry_out(opened, partial(self._begin, opened), self._reply)
                    rests = True
            except* StoreError:
                if not life.cancel_called:
                    raise
        return rests

    def _crash(self, life: anyio.CancelScope) -> None:
        """End an engine's life: from this moment on nothing of it is stored."""
        self._store.living.clear()
        life.cancel()

    async def _begin(self, opened: Milepost, watch: Watch) -> str:
        if not self._plan:
            self._plan = await opened.start(self._source, inputs=self._inputs, watch=watch)
            return self._plan
        for event in self._questions():
            watch(event)
        result = await opened.wait(self._plan)
        if result.status not in PLAN_ENDED and not _asks(result):
            await opened.resume(self._plan, watch=watch)
        return self._plan

    def _questions(self) -> list[StepSuspended]:
        """Return what the plan's steps ask at this moment."""
        newest = {event.originator_id: event for event in events_of(self._store, self._plan)}
        return [event for event in newest.values() if isinstance(event, StepSuspended)]


def _usual(tools: Tools | Iterable[Tool]) -> ChaosTools:
    return ChaosTools(tools, errors=0.1, crashes=0.1, delays=(0.0, 5.0))


def _asks(result: PlanResult) -> bool:
    return result.status is PlanStatus.PAUSED and bool(result.waiting)


def _reply(answers: Mapping[str, Json], unknown: str, question: Question) -> Answer | None:
    if question.is_unknown:
        return Answer(outcome=unknown)
    for name in (question.step, step_id(question.step)):
        if name in answers:
            return Answer(answers[name])
    return None


def _fails(check: Callable[[int], object], seed: int) -> bool:
    try:
        return check(seed) is False
    except Exception:  # noqa: BLE001 - whatever the check fails with
        return True
