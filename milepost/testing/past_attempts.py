"""The attempts of recorded plans: what each was given, how long it took, what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from milepost.domain.aggregates import Step
from milepost.domain.events import (
    ErrorRecord,
    Event,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepStarted,
    Usage,
    Waiting,
)
from milepost.domain.ids import StepPath, path_of, undone_path
from milepost.domain.lookup import StepLookup
from milepost.domain.steps import StepKind, StepSpec
from milepost.domain.values import Json
from milepost.engine.core.attempts import INTERRUPTED
from milepost.projections.places import undoing_spec

from .past import PastPlan

OUTSIDE = frozenset({StepKind.TOOL_CALL, StepKind.LLM_CALL, StepKind.USER_INPUT})
"""Kinds of steps whose results come from the world."""


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt of a step that asked the world; it was cut off if nothing came of it.

    An attempt that a crash interrupted is none: it was made again.
    """

    path: StepPath
    spec: StepSpec
    """What was tried, as the plan had it then."""
    written: StepSpec
    """The same, or the step that it undid."""
    activation: int
    bindings: dict[str, Json]
    seconds: float
    output: Json = None
    error: ErrorRecord | None = None
    is_cut_off: bool = False
    usage: Usage | None = None


def attempts_of(past: PastPlan) -> Iterator[PastAttempt]:
    """Yield the attempts of a plan's steps in the order in which they ended."""
    working = _Working(past)
    for event in past.events:
        path = path_of(event.originator_id)
        attempt = working.ended(path, event) if path is not None else None
        if attempt is not None and attempt.spec.kind in OUTSIDE:
            yield attempt


@dataclass(frozen=True, slots=True)
class _Begun:
    """An attempt that is under way: when it began, and the step as the plan had it then."""

    time: datetime
    written: StepSpec
    spec: StepSpec


class _Working:
    """The steps that are at work while a log is gone through."""

    def __init__(self, past: PastPlan) -> None:
        self._lookups = {number: StepLookup(spec) for number, spec in past.revisions.items()}
        self._steps: dict[StepPath, Step] = {}
        self._begun: dict[StepPath, _Begun] = {}

    def ended(self, path: StepPath, event: Event) -> PastAttempt | None:
        """Fold an event; return the attempt that it ends, None if it ends none."""
        step = self._steps.get(path)
        if step is None:
            step = self._steps[path] = Step.shell(event.originator_id)
        bindings, waiting = step.bindings, step.waiting
        event.mutate(step)
        if isinstance(event, StepStarted):
            self._begin(path, event)
            return None
        if not isinstance(event, StepCompleted | StepFailed | StepRetrying | StepCancelled):
            return None
        begun = self._begun.pop(path, None)
        if begun is None or _was_interrupted(event, waiting):
            return None
        measured = None if isinstance(event, StepCancelled) else event.duration
        return PastAttempt(
            path=path,
            spec=begun.spec,
            written=begun.written,
            activation=step.activation,
            bindings=bindings,
            seconds=(event.timestamp - begun.time).total_seconds()
            if measured is None
            else measured,
            output=event.output if isinstance(event, StepCompleted) else None,
            error=event.error if isinstance(event, StepFailed | StepRetrying) else None,
            is_cut_off=isinstance(event, StepCancelled),
            usage=None if isinstance(event, StepCancelled) else event.usage,
        )

    def _begin(self, path: StepPath, event: StepStarted) -> None:
        """Take note of an attempt of a step that the plan's revision has."""
        undone = undone_path(path)
        written = self._lookups[event.revision].find(undone or path)
        spec = undoing_spec(written) if written and undone else written
        if written and spec:
            self._begun[path] = _Begun(event.timestamp, written, spec)


def _was_interrupted(event: Event, waiting: Waiting | None) -> bool:
    """Tell whether a crash interrupted an attempt that was then made again."""
    if isinstance(event, StepRetrying) and waiting is Waiting.UNKNOWN:
        return True
    return isinstance(event, StepFailed | StepRetrying) and event.error.kind == INTERRUPTED
