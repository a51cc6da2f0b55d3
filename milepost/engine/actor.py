"""The one actor of a plan in this process: it alone writes the plan's and its steps' events.

It drains all outcomes, decides each, saves what follows as one group, and only then lets the
newly started attempts touch the world.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

import anyio
from anyio.abc import TaskGroup

from milepost.domain.census import final_output
from milepost.domain.errors import VersionConflictError
from milepost.domain.events import (
    Event,
    PlanCompleted,
    ReplanBegun,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepStarted,
)
from milepost.domain.ids import PlanId, StepPath, path_of
from milepost.domain.plans import PlanStatus

from .alarm import Alarm
from .attempt import Workshop, attempt
from .core import (
    AttemptFailed,
    AttemptSucceeded,
    Instance,
    Outcome,
    Planned,
    PlanningFailed,
    PlanState,
    PlanTimedOut,
    Requested,
    TimerFired,
    decide,
)
from .core.derive import restore
from .core.limits import deadline
from .inbox import Inbox, changes_course
from .journal import Journal, Save
from .saves import chunks
from .streaming import ChunkKind, StreamingAggregator

Furnish: TypeAlias = "Callable[[PlanState, Requested], Awaitable[Requested]]"
"""Adds to a request what deciding about it needs."""
Replan: TypeAlias = "Callable[[PlanState, ReplanBegun], Awaitable[Planned | PlanningFailed]]"
"""Has a planner answer for a plan that waits for one."""
_LOG = logging.getLogger(__name__)
_STOPS = frozenset({StepCancelled, StepFailed, StepRetrying, StepCompleted})
_RETRIES_AFTER_CONFLICT = 3
_LATE = timedelta(seconds=0.1)
"""Time after a save in which nobody can have found this process hanging and displaced it."""


class Job(NamedTuple):
    """An attempt to be carried out; it is void once the step has moved on."""

    instance: Instance
    activation: int
    attempt: int

    @property
    def stands(self) -> bool:
        """Whether the step still waits for this attempt."""
        step = self.instance.step
        same = self.attempt == step.attempt and self.activation == step.activation
        return same and self.instance.is_running


class PlanActor:
    """Carries one plan on until it ends, or is paused and nothing of it is under way.

    Deciding is done in turns, one at a time. The task that brings an outcome takes the turn
    itself and goes on with what it started, so that a chain of steps needs no task switches.
    The actor's tasks are its running attempts and, while the plan waits for a time, one timer:
    when none is left, the plan rests.
    """

    def __init__(
        self,
        state: PlanState,
        fence: int,
        journal: Journal,
        shop: Workshop,
        *,
        released: bool = False,
        watch: Callable[[Event], None] | None = None,
        furnish: Furnish | None = None,
        replan: Replan | None = None,
    ) -> None:
        self.state = state
        self._furnish = furnish
        self._replan = replan
        self._planning: str | None = None
        """Id of the replan that a planner is at work on."""
        self.stream = StreamingAggregator(state.id)
        self._fence = fence
        self._journal = journal
        self._shop = shop
        self._watch = watch
        self._inbox = Inbox()
        self._jobs: deque[Job] = deque()
        self._deciding = False
        self._released = released
        self._alarm = Alarm(shop.world.clock, self._look_at_the_time)
        self._scopes: dict[StepPath, anyio.CancelScope] = {}
        self._tasks: TaskGroup | None = None
        self._owned_at = state.now
        """When the store last found that the plan is this process's own."""

    @property
    def id(self) -> PlanId:
        """The plan's id."""
        return PlanId(self.state.id)

    @property
    def rests(self) -> bool:
        """Whether the plan was given up: it has ended, or is paused."""
        return self._released

    def put(self, outcome: Outcome) -> None:
        """Give the actor something to decide about; one that rests already decides no more."""
        self._inbox.put(outcome)
        if self._tasks is not None and not self._released:
            with suppress(RuntimeError):  # its last task has ended, and it is about to rest
                self._tasks.start_soon(self._look)

    def stop(self) -> None:
        """Leave the plan as the store has it."""
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()

    async def run(
        self, durable: Sequence[Event] = (), rest: Sequence[Sequence[Event]] = ()
    ) -> None:
        """Begin with events that are stored already and with `rest`, which are to be stored.

        Go on until the plan rests: it has ended, or is paused and nothing of it is under way.
        Raises `StoreError` when a save is refused; the plan then rests as the store has it.
        """
        try:
            async with anyio.create_task_group() as self._tasks:
                self._launch(durable)
                self._deciding = True
                await self._save(rest)
                self._deciding = False
                await self._take_turn()
                await self._work()
        finally:
            self._tasks = None
            self.stream.close()

    async def _look(self) -> None:
        """Take a turn for what came from outside, and start what follows."""
        await self._take_turn()
        self._hire()

    async def _work(self, job: Job | None = None) -> None:
        """Carry attempts out, one after the other, as long as there are any to do."""
        job = job or self._next_job()
        with anyio.CancelScope() as scope:
            while job is not None:
                outcome = await self._attempt(job, scope)
                if scope.cancel_called:
                    return
                if outcome is not None:
                    self._inbox.put(outcome)
                    await self._take_turn()
                job = self._next_job()

    def _next_job(self) -> Job | None:
        """Take one job; start a task for each other."""
        if not self._jobs:
            return None
        job = self._jobs.popleft()
        self._hire()
        return job

    def _hire(self) -> None:
        while self._jobs and self._tasks is not None:
            self._tasks.start_soon(self._work, self._jobs.popleft())

    async def _take_turn(self) -> None:
        """Work off the inbox, unless somebody does already: then that one sees it too.

        A turn that fails is the last one: the state is then ahead of the store, and whatever
        followed from it would be stored without its reasons.
        """
        if self._deciding:
            return
        self._deciding = True
        while self._inbox and not self._released:
            await self._work_off()
        self._deciding = False
        if self._tasks is None:
            return
        if self._rests():
            await self._release()
            if self._scopes or self._alarm.is_set or self._planning is not None:
                self._tasks.cancel_scope.cancel()
        else:
            self._alarm.set(self._next_time(), self._tasks)
            self._ask_planner(self._tasks)

    def _rests(self) -> bool:
        if self._released:
            return True
        state = self.state
        paused = state.plan.status is PlanStatus.PAUSED
        return (state.plan.ended or (paused and not state.busy)) and not self._inbox

    async def _release(self) -> None:
        """Give up a plan that rests though nothing had to be saved."""
        if not self._released:
            self._released = True
            await self._journal.release(self.id)

    def _ask_planner(self, tasks: TaskGroup) -> None:
        """Have a planner asked if the plan waits for one; after a crash it is asked again."""
        begun, replan = self.state.plan.replanning, self._replan
        is_running = self.state.plan.status is PlanStatus.RUNNING
        if begun is None or replan is None or begun.id == self._planning or not is_running:
            return
        self._planning = begun.id
        tasks.start_soon(self._plan, replan, begun)

    async def _plan(self, replan: Replan, begun: ReplanBegun) -> None:
        self._inbox.put(await replan(self.state, begun))
        await self._look()

    def _next_time(self) -> datetime | None:
        due, limit = self.state.timers.next_time(), deadline(self.state)
        return min(due, limit) if due and limit else due or limit

    async def _look_at_the_time(self) -> None:
        """Let the plan look at what is due, or at its own time if that is over."""
        limit = deadline(self.state)
        late = limit is not None and self._shop.world.clock.now() >= limit
        self._inbox.put(PlanTimedOut() if late else TimerFired())
        await self._look()

    async def _work_off(self) -> None:
        """Decide about all that came in, save what follows, line up what may start."""
        outcomes = await self._take_outcomes()
        for tries in range(_RETRIES_AFTER_CONFLICT):
            events = self._decide(outcomes)
            try:
                await self._save(chunks(events))
            except VersionConflictError:
                if tries == _RETRIES_AFTER_CONFLICT - 1:
                    raise
                await self._refold()
            else:
                return

    async def _take_outcomes(self) -> Sequence[Outcome]:
        """Empty the inbox up to a change of course; add to that what deciding about it needs."""
        outcomes = self._inbox.take()
        first = outcomes[0]
        if self._furnish is not None and isinstance(first, Requested) and changes_course(first):
            return [await self._furnish(self.state, first)]
        return outcomes

    def _decide(self, outcomes: Sequence[Outcome]) -> list[Event]:
        now = max(self._shop.world.clock.now(), self.state.now)
        return [event for outcome in outcomes for event in decide(self.state, outcome, now)]

    async def _save(self, saves: Sequence[Sequence[Event]]) -> None:
        for number, events in enumerate(saves, 1):
            release = number == len(saves) and self._rests()
            contents, self.state.contents = self.state.contents, {}
            save = Save(self.id, events, fence=self._fence, release=release, contents=contents)
            await self._journal.append(save)
            self._owned_at = events[-1].timestamp
            self._released = release
            self._launch(events)

    async def _refold(self) -> None:
        stored = await self._journal.plan_events(self.id)
        self.state = restore(self.id, [one.event for one in stored], self.state.compiled)

    def _launch(self, events: Sequence[Event]) -> None:
        """Tell listeners, stop attempts that were decided upon, line up the new ones."""
        for event in events:
            path = path_of(event.originator_id)
            self._tell(event, path)
            if path is None:
                continue
            if type(event) is StepStarted:
                self._line_up(self.state.instances.get(path), event)
            elif path in self._scopes and type(event) in _STOPS:
                self._scopes.pop(path).cancel()

    def _tell(self, event: Event, path: StepPath | None) -> None:
        """Tell listeners of an event; what a step or the plan gave comes before its last status."""
        if self._watch is not None:
            self._show(self._watch, event)
        if type(event) is StepCompleted:
            self.stream.emit(ChunkKind.FINAL, event.output, path)
        elif type(event) is PlanCompleted:
            output = final_output(self.state.plan, self.state.steps)
            self.stream.emit(ChunkKind.FINAL, output)
        self.stream.emit(ChunkKind.STATUS, event.kind, path)

    def _show(self, watch: Callable[[Event], None], event: Event) -> None:
        """Let a listener see an event; what goes wrong with it is no trouble of the plan's."""
        try:
            watch(event)
        except Exception:  # noqa: BLE001 - foreign code, and the log tells of it
            _LOG.exception("plan %s: `watch` failed at %s", self.id, event.id)

    def _line_up(self, instance: Instance | None, event: StepStarted) -> None:
        """Add an attempt to the jobs, unless the step has moved on since."""
        if instance is None:
            return
        job = Job(instance, instance.step.activation, event.attempt)
        if instance.node.works and job.stands:
            self._jobs.append(job)

    async def _attempt(
        self, job: Job, scope: anyio.CancelScope
    ) -> AttemptSucceeded | AttemptFailed | None:
        """Return the attempt's outcome, None if the step has moved on; `scope` can stop it."""
        await self._make_sure(job)
        if not job.stands:
            return None
        path = job.instance.path
        self._scopes[path] = scope
        outcome = await attempt(self._shop, self.state, job.instance, self.stream)
        if not scope.cancel_called:
            del self._scopes[path]
        return outcome

    async def _make_sure(self, job: Job) -> None:
        """Ask the store before a late attempt; raise `FenceError` if the plan is another's now.

        The process may have been stopped between an attempt's start on record and its call.
        """
        now = self._shop.world.clock.now()
        if now - self._owned_at > _LATE and job.stands:
            await self._journal.append(Save(self.id, (), fence=self._fence))
            self._owned_at = now
