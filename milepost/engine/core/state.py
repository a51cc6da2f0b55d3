"""A plan being carried out, in memory: its aggregates and what waits for what.

The aggregates are folded from events alone. Everything else here (frames, counts of open
dependencies, the ready queue) follows from them and is derived again after a crash.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from typing import Any, TypeVar

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.events import (
    ENGINE,
    Event,
    LimitReached,
    PlanResumed,
    StepRetrying,
    StepStarted,
    Waiting,
)
from milepost.domain.ids import StepPath, child_path, event_id, path_of, step_stream
from milepost.domain.steps import DependencyType, StepStatus
from milepost.domain.values import Json

from .compiled import CompiledPlan, Group, Node
from .ready import ReadyQueue
from .timers import Timers

EventT = TypeVar("EventT", bound=Event)


class Place(Enum):
    """What a step means to the plan's accounts."""

    IDLE = auto()
    BUSY = auto()
    """Under way outside of the core, in a slot."""
    OPEN = auto()
    """A started container: its children count, not itself."""
    SLEEPING = auto()
    """Waiting for a time."""
    ASKING = auto()
    """Waiting for a person or for news from outside."""
    ENDED = auto()


class Instance:
    """One step that came into being: of a plan, a started container, or a loop's iteration."""

    __slots__ = (
        "cause",
        "dependents",
        "frame",
        "frames",
        "input",
        "items",
        "node",
        "open_frames",
        "path",
        "place",
        "step",
        "waiting",
    )

    def __init__(self, node: Node, frame: Frame, step: Step, path: StepPath) -> None:
        self.node = node
        self.frame = frame
        self.step = step
        self.path = path
        self.place = Place.IDLE
        """What the plan's accounts have the step down as."""
        self.waiting = 0
        """Dependencies that have not settled."""
        self.dependents: list[Instance] = []
        self.frames: list[Frame] = []
        self.open_frames = 0
        """Groups of children of which some have not ended."""
        self.items: list[Json] | None = None
        """What a loop goes over; None for loops by condition."""
        self.input: Json = None
        """The resolved input, once started."""
        self.cause = ""
        """Id of the event that let the step go on."""

    @property
    def key(self) -> str:
        """The idempotency key that all attempts of this activation share."""
        plan, _dot, path = self.step.id.partition(".")
        return f"{plan}/{path}/{self.step.activation}"

    @property
    def is_running(self) -> bool:
        """Whether an attempt of the step is under way."""
        return self.step.status is StepStatus.RUNNING

    @property
    def may_move(self) -> bool:
        """Whether the step has not ended and its container, if it is in one, runs."""
        owner = self.frame.owner
        return not self.step.ended and (owner is None or owner.is_running)


class Frame:
    """Siblings that came into being together, and the names that a loop gives them."""

    __slots__ = ("group", "index", "instances", "item", "open", "owner", "passed_over", "previous")

    def __init__(self, group: Group, owner: Instance | None, index: int | None) -> None:
        self.group = group
        self.owner = owner
        self.index = index
        """Loop iteration or branch case, from 0; None for other groups."""
        self.instances: dict[str, Instance] = {}
        self.open = len(group.nodes)
        """Siblings that have not ended."""
        self.passed_over = False
        """Whether this is a branch case that was not taken."""
        self.item: Json = None
        self.previous: Json = None


class PlanState:
    """All that deciding about one plan needs. Only `record` and `open_frame` change it."""

    def __init__(self, stream: PlanStream, compiled: CompiledPlan) -> None:
        self.plan = stream
        self.compiled = compiled
        self.steps: dict[StepPath, Step] = {}
        self.starts = 0
        self.retries = 0
        self.limit: str | None = None
        """The limit that was reached since the plan was last resumed."""
        self.now = stream.modified_on
        self.cause = ""
        self.actor = ENGINE
        self.recorded: list[Event] = []
        self.forget()

    def forget(self) -> None:
        """Drop everything that follows from the aggregates."""
        self.instances: dict[StepPath, Instance] = {}
        self.active: dict[StepPath, Instance] = {}
        """Started and not ended, in the order of starting."""
        self.ready = ReadyQueue(self.compiled)
        self.settled: deque[Instance] = deque()
        """Ended, but their dependents and containers do not know yet."""
        self.unblocked: deque[Instance] = deque()
        """Waiting for nothing more, but not yet looked at."""
        self.timers = Timers()
        self.busy = 0
        """Attempts under way: each holds a slot."""
        self.held: dict[str, int] = {}
        """How much of each resource they hold."""
        self.asking: dict[StepPath, None] = {}
        """Steps that wait for a person."""
        self.sleeping = 0
        """Steps that wait for a time."""
        self.root: Frame | None = None
        self.recheck = False
        """Whether containers may have to go on whose children ended before a crash."""

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.plan.id

    def record(self, event_type: type[EventT], **data: Any) -> EventT:  # noqa: ANN401
        """Record an event of the plan's own stream; its cause is the newest event of all."""
        return self._record(self.plan, event_type, self.cause, data)

    def record_step(
        self,
        instance: Instance,
        event_type: type[EventT],
        *,
        cause: str = "",
        **data: Any,  # noqa: ANN401 - an event's fields
    ) -> EventT:
        """Record an event of one step and keep account of what the step now holds or awaits.

        The values must be right and plain: there are too many of these events to check each.
        """
        event = self._record(instance.step, event_type.trusted, cause or self.cause, data)
        self.adopt(instance)
        return event

    def _record(
        self,
        stream: PlanStream | Step,
        make: Callable[..., EventT],
        cause: str,
        data: dict[str, Any],
    ) -> EventT:
        event = make(
            originator_id=stream.id,
            originator_version=stream.version + 1,
            timestamp=self.now,
            cause=cause,
            actor=self.actor,
            revision=self.plan.revision,
            **data,
        )
        stream.add(event)
        self.count(event)
        self.recorded.append(event)
        self.cause = event.id
        return event

    def adopt(self, instance: Instance) -> None:
        """Have the accounts say of a step what it now holds or awaits."""
        before, after = instance.place, _place(instance)
        if before is not after:
            instance.place = after
            self._leave(instance, before)
            self._enter(instance, after)

    def _leave(self, instance: Instance, place: Place) -> None:
        if place is Place.IDLE:
            self.active[instance.path] = instance
        elif place is Place.BUSY:
            self._occupy(instance, -1)
        elif place is Place.ASKING:
            self.asking.pop(instance.path, None)
        elif place is Place.SLEEPING:
            self.sleeping -= 1

    def _enter(self, instance: Instance, place: Place) -> None:
        if place is Place.BUSY:
            self._occupy(instance, 1)
        elif place is Place.ASKING:
            self.asking[instance.path] = None
        elif place is Place.SLEEPING:
            self.sleeping += 1
        elif place is not Place.OPEN:
            self.active.pop(instance.path, None)
            if place is Place.ENDED:
                self.settled.append(instance)

    def _occupy(self, instance: Instance, sign: int) -> None:
        """Give a step's attempt a slot and its resources, or take them back."""
        self.busy += sign
        for name, amount in instance.node.spec.resources.items():
            self.held[name] = self.held.get(name, 0) + sign * amount

    def only_asking(self) -> bool:
        """Tell whether people are all that the plan waits for."""
        return bool(self.asking) and not (self.busy or self.sleeping or self.ready.waits())

    def count(self, event: Event) -> None:
        """Keep the counts that limits are held against."""
        kind = type(event)
        if kind is StepStarted:
            self.starts += 1
        elif kind is StepRetrying:
            self.retries += 1
        elif type(event) is LimitReached:
            self.limit = event.limit
        elif kind is PlanResumed and self.limit is not None:
            self.starts = self.retries = 0
            self.limit = None

    def take(self) -> list[Event]:
        """Return what was recorded since the last time."""
        events, self.recorded = self.recorded, []
        return events

    def fold(self, event: Event) -> None:
        """Fold a stored event into its aggregate."""
        path = path_of(event.originator_id)
        if path is not None:
            event.mutate(self.step(path))
        elif event.originator_id == self.plan.id:
            event.mutate(self.plan)
        else:
            return
        self.count(event)
        self.cause = event.id

    def step(self, path: StepPath) -> Step:
        """Return the aggregate of a step, a shell if nothing happened to it yet."""
        step = self.steps.get(path)
        if step is None:
            step = self.steps[path] = Step.shell(step_stream(self.plan.id, path))
        return step

    def open_frame(
        self, group: Group, owner: Instance | None = None, index: int | None = None
    ) -> Frame:
        """Bring a group's steps into being; those that wait for nothing become unblocked."""
        frame = Frame(group, owner, index)
        place = owner.path if owner else ""
        above = latest_event(owner.step) if owner else self.cause
        for node in group.nodes:
            path = child_path(place, node.spec.id, index=index)
            instance = Instance(node, frame, self.step(path), path)
            instance.cause = above
            frame.instances[node.spec.id] = self.instances[path] = instance
        for instance in frame.instances.values():
            self._await_dependencies(instance)
        if owner is None:
            self.root = frame
        else:
            owner.frames.append(frame)
            owner.open_frames += 1
        return frame

    def _await_dependencies(self, instance: Instance) -> None:
        for edge in instance.node.edges:
            if edge.kind is DependencyType.PARALLEL:
                continue
            source = self.source(instance, edge.source)
            if not source.step.ended:
                source.dependents.append(instance)
                instance.waiting += 1
        if not instance.waiting and instance.step.status is StepStatus.PENDING:
            self.unblocked.append(instance)

    @staticmethod
    def source(instance: Instance, node: Node) -> Instance:
        """Return the instance of `node` that `instance` sees: of its own frame or an outer one."""
        frame = instance.frame
        while frame.group is not node.group:
            owner = frame.owner
            if owner is None:
                raise LookupError(f"{node.spec.id!r} is not visible from {instance.path!r}")
            frame = owner.frame
        return frame.instances[node.spec.id]


def fold_plan(stream: str, events: Iterable[Event]) -> tuple[PlanStream, dict[StepPath, Step]]:
    """Return a plan and its steps as the events leave them, without deciding anything."""
    plan = PlanStream.shell(stream)
    steps: dict[StepPath, Step] = {}
    for event in events:
        path = path_of(event.originator_id)
        if path is not None:
            if path not in steps:
                steps[path] = Step.shell(event.originator_id)
            event.mutate(steps[path])
        elif event.originator_id == stream:
            event.mutate(plan)
    return plan, steps


def below(instance: Instance) -> Iterator[Instance]:
    """Yield all instances below a container, parents before children."""
    pending = deque(instance.frames)
    while pending:
        frame = pending.popleft()
        for child in frame.instances.values():
            yield child
            pending.extend(child.frames)


def latest_event(step: Step) -> str:
    """Return the id of a step's newest event."""
    return event_id(step.id, step.version)


def _place(instance: Instance) -> Place:
    step = instance.step
    if step.status is StepStatus.RUNNING:
        return Place.BUSY if instance.node.works else Place.OPEN
    if step.status is StepStatus.SUSPENDED:
        return Place.SLEEPING if step.waiting is Waiting.TIME else Place.ASKING
    return _PLACES[step.status]


_PLACES = {
    StepStatus.PENDING: Place.IDLE,
    StepStatus.RETRYING: Place.SLEEPING,
    StepStatus.COMPLETED: Place.ENDED,
    StepStatus.FAILED: Place.ENDED,
    StepStatus.SKIPPED: Place.ENDED,
    StepStatus.CANCELLED: Place.ENDED,
}
