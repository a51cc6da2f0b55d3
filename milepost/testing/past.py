"""The attempts of recorded plans: what each was given, how long it took, what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from milepost.adapters.store.kinds import Kinds
from milepost.adapters.store.log_lines import read_log
from milepost.domain.aggregates import Step
from milepost.domain.events import (
    ErrorRecord,
    Event,
    PlanDrafted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepStarted,
    Usage,
)
from milepost.domain.ids import StepPath, path_of
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepKind, StepSpec
from milepost.domain.values import Json
from milepost.engine.core.attempts import INTERRUPTED
from milepost.engine.journal import Stored
from milepost.facade import Milepost
from milepost.projections.reader import Reader
from milepost.projections.story import PlanStory

OUTSIDE = frozenset({StepKind.TOOL_CALL, StepKind.LLM_CALL, StepKind.USER_INPUT})
"""Kinds of steps whose results come from the world."""


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt of a step that asked the world; it was cut off if nothing came of it.

    An attempt that a crash interrupted is none: it was made again.
    """

    path: StepPath
    spec: StepSpec
    activation: int
    bindings: dict[str, Json]
    seconds: float
    output: Json = None
    error: ErrorRecord | None = None
    is_cut_off: bool = False
    usage: Usage | None = None


async def story_of(source: Milepost | Reader, plan: str) -> PlanStory:
    """Return a plan folded from its log, values whole; raise `UnknownNameError` without one."""
    lines = [line async for line in (await reader_of(source)).export(plan)]
    log = read_log(lines, name=f"plan {plan}", kinds=Kinds())
    draft = log.events[0]
    content = log.contents[draft.content] if isinstance(draft, PlanDrafted) else b""
    stored = [Stored(number, event) for number, event in enumerate(log.events, 1)]
    return PlanStory(stored, PlanSpec.model_validate_json(content))


async def reader_of(source: Milepost | Reader) -> Reader:
    """Return the queries of an opened store."""
    return await source.reader() if isinstance(source, Milepost) else source


def attempts_of(story: PlanStory) -> Iterator[PastAttempt]:
    """Yield the attempts of a plan's steps in the order in which they ended."""
    specs = {place.path: place.spec for place in (*story.places, *story.gone)}
    working = _Working()
    for recorded in story.events:
        path = path_of(recorded.event.originator_id)
        spec = specs.get(path) if path is not None else None
        if path is not None and spec is not None and spec.kind in OUTSIDE:
            attempt = working.ended(path, spec, recorded.event)
            if attempt is not None:
                yield attempt


class _Working:
    """The steps that are at work while a log is gone through."""

    def __init__(self) -> None:
        self._steps: dict[StepPath, Step] = {}
        self._begun: dict[StepPath, datetime] = {}

    def ended(self, path: StepPath, spec: StepSpec, event: Event) -> PastAttempt | None:
        """Fold an event; return the attempt that it ends, None if it ends none."""
        step = self._steps.get(path)
        if step is None:
            step = self._steps[path] = Step.shell(event.originator_id)
        bindings = step.bindings
        event.mutate(step)
        if isinstance(event, StepStarted):
            self._begun[path] = event.timestamp
            return None
        if not isinstance(event, StepCompleted | StepFailed | StepRetrying | StepCancelled):
            return None
        begun = self._begun.pop(path, None)
        if begun is None or _was_interrupted(event):
            return None
        measured = None if isinstance(event, StepCancelled) else event.duration
        return PastAttempt(
            path=path,
            spec=spec,
            activation=step.activation,
            bindings=bindings,
            seconds=(event.timestamp - begun).total_seconds() if measured is None else measured,
            output=event.output if isinstance(event, StepCompleted) else None,
            error=event.error if isinstance(event, StepFailed | StepRetrying) else None,
            is_cut_off=isinstance(event, StepCancelled),
            usage=None if isinstance(event, StepCancelled) else event.usage,
        )


def _was_interrupted(event: Event) -> bool:
    return isinstance(event, StepFailed | StepRetrying) and event.error.kind == INTERRUPTED
