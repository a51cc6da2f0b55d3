"""Steps that came into being, their groups, and what they mean to the plan's accounts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import Enum, auto

from milepost.domain.aggregates import Step
from milepost.domain.events import Waiting
from milepost.domain.ids import StepPath
from milepost.domain.steps import StepStatus
from milepost.domain.values import Json

from .compiled import Group, Node


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
        "kept",
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
        self.kept = 0
        """Rounds that a loop has gone into before; it does so again without asking."""
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
        """Whether the step has not ended and its container, if any, runs and is at this turn."""
        frame = self.frame
        return not (self.step.ended or frame.over) and (
            frame.owner is None or frame.owner.is_running
        )


class Undoing(Instance):
    """A step that undoes another one, in whose place it sees what that one saw."""

    __slots__ = ()

    @property
    def may_move(self) -> bool:
        """Whether the step has not ended; the container around it may have."""
        return not self.step.ended


class Frame:
    """Siblings that came into being together, and the names that a loop gives them."""

    __slots__ = (
        "group",
        "index",
        "instances",
        "item",
        "open",
        "over",
        "owner",
        "passed_over",
        "previous",
    )

    def __init__(self, group: Group, owner: Instance | None, index: int | None) -> None:
        self.group = group
        self.owner = owner
        self.index = index
        """Loop iteration or branch case, from 0; None for other groups."""
        self.instances: dict[str, Instance] = {}
        self.open = len(group.nodes)
        """Siblings that have not ended."""
        self.over = False
        """Whether what these siblings are in has begun anew, with others in their place."""
        self.passed_over = False
        """Whether this is a branch case that was not taken."""
        self.item: Json = None
        self.previous: Json = None


def below(instance: Instance) -> Iterator[Instance]:
    """Yield all instances below a container, parents before children."""
    pending = deque(instance.frames)
    while pending:
        frame = pending.popleft()
        for child in frame.instances.values():
            yield child
            pending.extend(child.frames)


def turns_of(instance: Instance) -> tuple[int, ...]:
    """Return the numbers of the iterations and cases that a step lies in, outermost first."""
    turns = []
    frame = instance.frame
    while frame.owner is not None:
        turns.append(frame.index or 0)
        frame = frame.owner.frame
    return tuple(reversed(turns))


def latest_event(step: Step) -> str:
    """Return the id of a step's newest event."""
    return step.latest


def place_of(instance: Instance) -> Place:
    """Return what a step means to the plan's accounts as it stands."""
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
