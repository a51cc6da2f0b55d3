"""What a planner answered, as the record tells it: for replay, which asks no planner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from milepost.domain.events import (
    DecisionRecorded,
    ErrorRecord,
    Event,
    ReplanFailed,
)
from milepost.domain.replanning import RevisionStrategy
from milepost.domain.values import ContentHash

from .core import CompiledPlan, Planned, PlanningChoice, PlanningFailed
from .core.replanning import PLANNED, STRATEGY


def answer_in(event: DecisionRecorded) -> Planned | PlanningFailed | None:
    """Return the planner's answer that an event records, None if it records something else."""
    if event.what != PLANNED:
        return None
    begun, planner, proposal = str(event.inputs.get("replan")), event.actor, event.chosen
    if not isinstance(proposal, dict):
        error = ErrorRecord.model_validate(event.inputs.get("error"))
        return PlanningFailed(begun, planner, error)
    again = proposal.get("again")
    return Planned(
        begun=begun,
        planner=planner,
        content=ContentHash(str(proposal.get("content"))),
        strategy=RevisionStrategy(str(proposal.get("strategy"))),
        why=event.why,
        again=tuple(map(str, again)) if isinstance(again, list) else (),
    )


def with_rest(
    answer: Planned | PlanningFailed,
    after: Iterable[Event],
    contents: Mapping[ContentHash, CompiledPlan],
) -> Planned | PlanningFailed:
    """Return the answer with its choices and its content, and with why that was refused, if so.

    `after` are the events that follow the one that records the answer.
    """
    choices = []
    for event in after:
        if isinstance(event, DecisionRecorded):
            choices += [_choice(event)] if event.what == STRATEGY else []
            continue
        if isinstance(answer, PlanningFailed):
            break
        problem = event.why if isinstance(event, ReplanFailed) else None
        compiled = contents.get(answer.content)
        return answer._replace(choices=choices, compiled=compiled, problem=problem)
    return answer._replace(choices=choices)


def _choice(event: DecisionRecorded) -> PlanningChoice:
    return PlanningChoice(event.chosen, event.why, event.inputs, event.alternatives)
