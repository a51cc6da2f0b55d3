"""The StepRecorder: makes a recording of a plan from its log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from milepost.adapters.expressions import CelExpressions
from milepost.domain.errors import RefusedError
from milepost.domain.events import (
    Event,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepSkipped,
    StepStarted,
)
from milepost.domain.ids import StepPath, path_of
from milepost.domain.replanning import RevisionTrigger
from milepost.domain.steps import StepStatus
from milepost.domain.values import Json
from milepost.engine.core import compile_plan
from milepost.facade import Milepost
from milepost.projections.places import Place
from milepost.projections.reader import Reader
from milepost.projections.story import PlanStory

from .past import PastPlan, past_plan
from .past_attempts import PastAttempt, attempts_of
from .recording import RecordedAttempt, RecordedStep, Recording

Spans: TypeAlias = "dict[StepPath, tuple[int | None, int | None]]"
_ENDS = (StepCompleted, StepFailed, StepSkipped, StepCancelled)
_TAKEN_BACK: dict[type[Event], str] = {
    PlanForked: "forked from another plan",
    PlanRecovered: "recovered",
    PlanRestored: "restored",
    PlanRolledBack: "rolled back",
}


async def record(source: Milepost | Reader, plan_id: str) -> Recording:
    """Return the recording of a plan; raise `UnknownNameError` if it is not there.

    Plans that have not ended are refused, and so are those that people took back to do a part of
    them again: that has no place in a plan that runs through from its beginning.
    """
    past = await past_plan(source, plan_id)
    plan = past.story.plan
    if not plan.ended:
        raise RefusedError(f"plan {plan_id}: it is {plan.status}; record it when it ended")
    for event in past.events:
        if (done := _taken_back(event)) is not None:
            raise RefusedError(f"plan {plan_id}: it was {done}; record a run that was not")
    return recording_of(past)


def recording_of(past: PastPlan) -> Recording:
    """Return the recording of a plan that was folded from its log."""
    story, attempts = past.story, _attempts(past)
    spans = _spans(story)
    return Recording(
        plan=story.id,
        created=story.draft.timestamp,
        content=past.given,
        inputs=story.plan.inputs,
        status=story.plan.status,
        completion=story.plan.completion,
        steps={
            place.path: _step(story, place, spans, attempts.get(place.path, ()))
            for place in (*story.places, *story.gone)
        },
    )


def _step(
    story: PlanStory, place: Place, spans: Spans, attempts: Sequence[RecordedAttempt]
) -> RecordedStep:
    step = story.step(place.path)
    began, ended = spans.get(place.path, (None, None))
    return RecordedStep(
        kind=place.spec.kind,
        tool=place.spec.tool,
        status=story.statuses.get(place.path, StepStatus.PENDING),
        output=step.output if step else None,
        error=step.error if step else None,
        after=place.after,
        began=began,
        ended=ended,
        attempts=tuple(attempts),
    )


def _spans(story: PlanStory) -> Spans:
    """Return for each step the numbers of the events that began and ended it last."""
    found: Spans = {}
    for number, recorded in enumerate(story.events, 1):
        path = path_of(recorded.event.originator_id)
        if path is None:
            continue
        began, ended = found.get(path, (None, None))
        if isinstance(recorded.event, StepReset):
            began = ended = None
        elif isinstance(recorded.event, StepStarted):
            began = began or number
        elif isinstance(recorded.event, _ENDS):
            ended = number
        found[path] = began, ended
    return found


def _attempts(past: PastPlan) -> dict[StepPath, list[RecordedAttempt]]:
    expressions = CelExpressions()
    compiled = [compile_plan(spec, expressions) for spec in past.revisions.values()]
    nodes = {id(node.spec): node for plan in compiled for node in plan.nodes}
    found: dict[StepPath, list[RecordedAttempt]] = {}
    for attempt in attempts_of(past):
        node = nodes[id(attempt.written)]
        tried = node if attempt.spec is attempt.written else node.undo
        template = tried.input if tried else None
        given = template.fill(attempt.bindings) if template else attempt.spec.input
        found.setdefault(attempt.path, []).append(_recorded(attempt, given))
    return found


def _taken_back(event: Event) -> str | None:
    """Return how people took a plan back by an event, None if they did not."""
    if isinstance(event, PlanRevised) and event.trigger is RevisionTrigger.USER:
        ran = event.reset or event.removed
        return "revised where it had run already" if ran else None
    return _TAKEN_BACK.get(type(event))


def _recorded(attempt: PastAttempt, given: Json) -> RecordedAttempt:
    return RecordedAttempt(
        activation=attempt.activation,
        given=given,
        seconds=attempt.seconds,
        output=attempt.output,
        error=attempt.error,
        is_cut_off=attempt.is_cut_off,
        usage=attempt.usage,
    )
