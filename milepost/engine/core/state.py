"""A plan being carried out, in memory: its aggregates and what waits for what.

The aggregates are folded from events alone. Everything else here (frames, counts of open
dependencies, the ready queue) follows from them and is derived again after a crash.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.events import (
    ENGINE,
    Event,
)
from milepost.domain.ids import StepPath, children_prefix, path_of, step_stream
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .compiled import CompiledPlan, Group, Node
from .instances import Frame, Instance, Place, Undoing, below, latest_event, place_of
from .loop_memory import LoopMemory, watch_of
from .noting import NOTES
from .ready import ReadyQueue
from .timers import Timers

if TYPE_CHECKING:
    from .completion import Ending

EventT = TypeVar("EventT", bound=Event)
__all__ = [
    "Frame",
    "Instance",
    "PlanState",
    "Undoing",
    "below",
    "fold_plan",
    "latest_event",
]


class PlanState:
    """All that deciding about one plan needs. Only `record` and `open_frame` change it."""

    def __init__(self, stream: PlanStream, compiled: CompiledPlan) -> None:
        self.plan = stream
        self.compiled = compiled
        self.steps: dict[StepPath, Step] = {}
        self.epoch = 1
        self.starts = 0
        self.retries = 0
        self.replans = 0
        self.goes_on = ""
        """Id of the event that had containers go on which had been under way elsewhere, or then."""
        self.passed: set[str] = set()
        """Steps that a breakpoint held and that have not started since."""
        self.limit: str | None = None
        """The limit that was reached since the plan was last resumed."""
        self.now = stream.modified_on
        self.cause = ""
        self.last = ""
        """Id of the newest event of the plan or one of its steps."""
        self.finished: dict[StepPath, None] = {}
        """Steps that this plan completed, the first one first; none that it has from elsewhere."""
        self.failed: dict[StepPath, None] = {}
        """Steps that have failed, the first one first."""
        self.course = ""
        """Id of the event that last changed the plan's course."""
        self.ended_since = False
        """Whether a top-level step came to its end since then."""
        self.loop_memory = LoopMemory()
        self.loop_watch = watch_of(compiled)
        """What circles are looked for; None for none."""
        self.unmarked = 0
        """Events since the last checkpoint."""
        self.actor = ENGINE
        self.recorded: list[Event] = []
        self.contents: dict[ContentHash, bytes] = {}
        """Bodies that recorded events address."""
        self.ending: Ending | None = None
        """How the plan is to end, once what can be undone is."""
        self.undo_only: frozenset[str] | None = None
        """The steps to undo before that; None for all that can be."""
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
        self.held_back: dict[StepPath, list[Instance]] = {}
        """Waiting for the turn of their round, by the path of the loop."""
        self.timers = Timers()
        self.busy = 0
        """Attempts under way: each holds a slot."""
        self.held: dict[str, int] = {}
        """How much of each resource they hold."""
        self.asking: dict[StepPath, None] = {}
        """Steps that wait for a person."""
        self.sleeping = 0
        """Steps that wait for a time."""
        self.failures: dict[StepPath, Instance] = {}
        """Failed steps of a plan that can be replanned from which nothing followed yet."""
        self.root: Frame | None = None
        self.undoing: list[Undoing] = []
        """The steps that undo others, in their order, while the plan does nothing else."""
        self.all_ended = False
        """Whether the last top-level step ended since the plan's course was last changed."""
        self.recheck = False
        """Whether containers may have to go on whose children ended before a crash."""

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.plan.id

    @property
    def over(self) -> bool:
        """Whether the plan's steps go on no more: it has ended, or is about to."""
        return self.plan.ended or self.ending is not None or self.plan.compensation is not None

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

    def record_aside(
        self,
        step: Step,
        make: Callable[..., EventT],
        *,
        cause: str = "",
        **data: Any,  # noqa: ANN401 - an event's fields
    ) -> EventT:
        """Record an event of one step without keeping account: `derive` is to follow.

        `make` is the event's class, or its `trusted` where the values are from the engine itself.
        """
        return self._record(step, make, cause or self.cause, data)

    def _record(
        self,
        stream: PlanStream | Step,
        make: Callable[..., EventT],
        cause: str,
        data: dict[str, Any],
    ) -> EventT:
        event = stream.record(
            make,
            timestamp=self.now,
            cause=cause,
            actor=self.actor,
            revision=self.plan.revision,
            **data,
        )
        self.recorded.append(event)
        self._note(event)
        return event

    def adopt(self, instance: Instance) -> None:
        """Have the accounts say of a step what it now holds or awaits."""
        before, after = instance.place, place_of(instance)
        if before is not after:
            instance.place = after
            self._leave(instance, before)
            self._enter(instance, after)

    def _leave(self, instance: Instance, place: Place) -> None:
        if place is Place.IDLE:
            self.active[instance.path] = instance
        elif place is Place.BUSY:
            self.busy -= 1
            if instance.node.spec.resources:
                self._hold(instance, -1)
        elif place is Place.ASKING:
            self.asking.pop(instance.path, None)
        elif place is Place.SLEEPING:
            self.sleeping -= 1

    def _enter(self, instance: Instance, place: Place) -> None:
        if place is Place.BUSY:
            self.busy += 1
            if instance.node.spec.resources:
                self._hold(instance, 1)
        elif place is Place.ASKING:
            self.asking[instance.path] = None
        elif place is Place.SLEEPING:
            self.sleeping += 1
        elif place is not Place.OPEN:
            self.active.pop(instance.path, None)
            if place is Place.ENDED:
                self.settled.append(instance)

    def _hold(self, instance: Instance, sign: int) -> None:
        """Give a step's attempt its resources, or take them back."""
        for name, amount in instance.node.spec.resources.items():
            self.held[name] = self.held.get(name, 0) + sign * amount

    def only_asking(self) -> bool:
        """Tell whether people are all that the plan waits for."""
        return bool(self.asking) and not (self.busy or self.sleeping or self._may_go_on())

    def _may_go_on(self) -> bool:
        """Tell whether some step may begin, or a container go on; none may while steps are undone.

        Those that wait for a slot are counted, and those that were not looked at yet.
        """
        if self.plan.compensation is not None:
            return False
        return (
            self.ready.waits()
            or any(one.may_move for one in self.unblocked)
            or any(one.node.groups and not one.open_frames for one in self.active.values())
        )

    def _note(self, event: Event) -> None:
        """Keep the counts that an event changes; it is the cause of what comes next."""
        self.unmarked += 1
        self.cause = self.last = event.id
        if self.loop_watch is not None:
            self.loop_memory.note(self.loop_watch, event)
        noted = NOTES.get(event.__class__)
        if noted is not None:
            noted(self, event)

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
        self._note(event)
        self.now = event.timestamp

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
        prefix = children_prefix(owner.path if owner else "", index=index)
        above = latest_event(owner.step) if owner else self.cause
        for node in group.nodes:
            path = StepPath(prefix + node.segment)
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
        for edge in instance.node.waits:
            source = self.source(instance, edge.source)
            if not source.step.ended:
                source.dependents.append(instance)
                instance.waiting += 1
        if not instance.waiting and instance.step.status is StepStatus.PENDING:
            self.unblocked.append(instance)

    def settle_kept(self, frame: Frame) -> None:
        """Let siblings count that had ended before they came into being anew."""
        self.settled.extend(one for one in frame.instances.values() if one.step.ended)

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
