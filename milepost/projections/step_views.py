"""Steps as they stand: what each is, what state it is in, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import JsonValue

from milepost.domain.errors import ValidationError
from milepost.domain.events import ErrorRecord, Question, Usage, Waiting
from milepost.domain.ids import StepPath
from milepost.domain.nearest import suggestion
from milepost.domain.steps import StepKind, StepStatus

from .places import Place
from .story import PlanStory
from .timings import Timing

NEVER_STARTED = "never started"
UNDONE = "undone"
"""What is shown of a completed step whose doing was undone."""


class BaseStatus(StrEnum):
    """The four states that every status is one of."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_BASE: dict[str, BaseStatus] = {
    StepStatus.PENDING: BaseStatus.WAITING,
    StepStatus.READY: BaseStatus.WAITING,
    StepStatus.RETRYING: BaseStatus.WAITING,
    StepStatus.SUSPENDED: BaseStatus.WAITING,
    StepStatus.RUNNING: BaseStatus.RUNNING,
    StepStatus.COMPLETED: BaseStatus.DONE,
    StepStatus.SKIPPED: BaseStatus.DONE,
    StepStatus.CANCELLED: BaseStatus.DONE,
    StepStatus.FAILED: BaseStatus.FAILED,
    UNDONE: BaseStatus.DONE,
}
SHOWN = frozenset(_BASE)
"""All that steps are shown as: the statuses, and `undone`."""


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a plan. Templates stand in `input`, what they became in `bindings`."""

    path: StepPath
    id: str
    label: str
    """The step's name, or its id where it has none."""
    description: str | None
    kind: StepKind
    tool: str | None
    status: StepStatus
    base: BaseStatus
    depends_on: tuple[str, ...]
    level: int
    """How deep among its siblings: it waits for steps of lower levels only."""
    attempt: int
    activation: int
    """How often the step was reset."""
    input: JsonValue
    bindings: dict[str, JsonValue]
    """Each resolved template by JSON pointer."""
    output: JsonValue
    error: ErrorRecord | None
    reason: str | None
    waiting: Waiting | None
    question: Question | None
    due: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    waited: timedelta | None
    """For a slot, another attempt, a time or a person; with `ran` it makes `elapsed`."""
    ran: timedelta | None
    elapsed: timedelta | None
    estimated: timedelta | None
    usage: Usage
    adopted: bool = False
    """Whether the result was on record and the step was not run for it."""
    source: str | None = None
    """Id of the event that holds an adopted result; null if a person gave it."""
    undone: bool = False
    """Whether what the step did has been undone."""
    undoes: StepPath | None = None
    """The step that this one undoes; it is no step of the plan's own."""

    @property
    def shown_as(self) -> str:
        """The status, or that what the step did was undone."""
        return UNDONE if self.undone else self.status.value


def shown_as(story: PlanStory, path: StepPath) -> str:
    """Return a step's status, or that what the step did was undone."""
    return UNDONE if story.undone(path) else story.statuses[path].value


def statuses_of(words: Iterable[str]) -> frozenset[str]:
    """Return what words of a filter have steps shown as: statuses, `undone`, `waiting`, `done`.

    Raises `ValidationError` for a word that is none of them.
    """
    found: set[str] = set()
    for word in words:
        name = word.lower()
        matching = {shown for shown, base in _BASE.items() if name in (shown, base)}
        if not matching:
            known = [*_BASE, BaseStatus.WAITING, BaseStatus.DONE]
            raise ValidationError(
                f"{word!r} is no status of a step", mend=suggestion(word, known, kind="statuses")
            )
        found |= matching
    return frozenset(found)


def step_view(story: PlanStory, place: Place, timing: Timing | None) -> StepView:
    """Return one step of a plan."""
    spec, status = place.spec, story.statuses[place.path]
    past = story.steps.get(place.path)
    step = past.step if past else None
    return StepView(
        path=place.path,
        id=spec.id,
        label=spec.label,
        description=spec.description,
        kind=spec.kind,
        tool=spec.tool,
        status=status,
        base=_BASE[status],
        depends_on=spec.dependencies,
        level=place.level,
        attempt=step.attempt if step else 0,
        activation=step.activation if step else 0,
        adopted=past is not None and past.adopted,
        source=step.source if step else None,
        undone=story.undone(place.path),
        undoes=place.undoes,
        input=spec.input,
        bindings=step.bindings if step else {},
        output=step.output if step else None,
        error=step.error if step else None,
        reason=_reason(story, place),
        waiting=step.waiting if step else None,
        question=step.question if step else None,
        due=step.due if step else None,
        started_at=step.started_at if step else None,
        ended_at=step.ended_at if step else None,
        waited=timing.waited if timing else None,
        ran=timing.ran if timing else None,
        elapsed=timing.elapsed if timing else None,
        estimated=spec.estimated_duration,
        usage=past.usage if past else Usage(),
    )


def _reason(story: PlanStory, place: Place) -> str | None:
    step = story.step(place.path)
    if step is not None and step.reason is not None:
        return step.reason
    skipped = story.statuses[place.path] is StepStatus.SKIPPED
    return NEVER_STARTED if skipped and (step is None or not step.ended) else None
