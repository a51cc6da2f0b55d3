"""What if a step had given something else, or the plan had been another one: nothing is run.

A fork is decided in memory. Results on record are taken where a step's input stays the same;
the steps that would have to run are named with their input, unless an answer is supposed for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.census import census, result_of
from milepost.domain.events import PlanDrafted, RequestMade
from milepost.domain.ids import PlanId, StepPath, owner_of, request_stream
from milepost.domain.plans import PlanResult, PlanSpec
from milepost.domain.steps import StepSpec, StepStatus
from milepost.domain.values import Json

from .core import (
    AttemptSucceeded,
    CompiledPlan,
    Forked,
    Instance,
    Outcome,
    PlanState,
    Requested,
    TimerFired,
    decide,
)
from .forks import refuse_unfit

_NOWHERE = "what-if"
"""The id of the plan that is thought through: a fork is not the plan that it begins from."""
_NOTHING = (None, None)
_NOT_YET = {None, StepStatus.PENDING.value}
"""A step that one plan does not have, and one that waits in the other: neither came to anything."""


class ToRun(NamedTuple):
    """A step that would have to run, and with what input."""

    path: StepPath
    input: JsonValue


class StepDifference(NamedTuple):
    """A step that comes out otherwise than on record; None where it did not come to be."""

    path: StepPath
    status_before: str | None
    status_after: str | None
    output_before: JsonValue
    output_after: JsonValue


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would have come of a plan."""

    parent: PlanId
    at: str
    replaced: tuple[StepPath, ...]
    taken: tuple[StepPath, ...]
    """Steps whose result is taken from the record."""
    supposed: tuple[StepPath, ...]
    """Steps that would run, and whose result was supposed."""
    to_run: tuple[ToRun, ...]
    """Steps that would run; what comes of them is not known."""
    unreached: tuple[StepPath, ...]
    """Steps that come after those, or wait for their slot, a container for all that is in it."""
    to_plan: str | None
    """Why the planner would be asked for another plan: what comes then is not known."""
    result: PlanResult
    """What the plan comes to, as far as that is known without running those steps."""
    before: PlanResult
    """What the plan on record came to."""
    differences: tuple[StepDifference, ...]


class Recorded(NamedTuple):
    """A plan as its record leaves it, to compare with."""

    plan: PlanStream
    steps: Mapping[StepPath, Step]
    spec: PlanSpec


def what_if(
    recorded: Recorded,
    compiled: CompiledPlan,
    forked: Forked,
    inputs: dict[str, Json],
    suppose: Mapping[str, Json],
    now: datetime,
) -> WhatIf:
    """Decide a fork without running anything and compare it with the record.

    `compiled` is `unhurried` content; `suppose` are results, by path, for steps that would run.
    Raises `RefusedError` where the fork would be refused.
    """
    state, supposed = _decided(recorded.plan, compiled, forked, inputs, suppose, now)
    members = census(compiled.spec.steps, state.steps, ended=state.plan.ended)
    pending = [one.path for one in members if one.status is StepStatus.PENDING]
    outer = frozenset(pending)
    running = [one for one in state.active.values() if one.node.works and one.is_running]
    return WhatIf(
        parent=PlanId(recorded.plan.id),
        at=forked.at,
        replaced=forked.replaced,
        taken=tuple(path for path, step in state.steps.items() if step.source is not None),
        supposed=supposed,
        to_run=tuple(ToRun(one.path, one.input) for one in running),
        unreached=tuple(path for path in pending if owner_of(path) not in outer),
        to_plan=_call_for_plan(state),
        result=result_of(state.plan, compiled.spec, state.steps).model_copy(
            update={"plan_id": recorded.plan.id}
        ),
        before=result_of(recorded.plan, recorded.spec, recorded.steps),
        differences=tuple(
            step_differences(recorded, Recorded(state.plan, state.steps, compiled.spec))
        ),
    )


def _call_for_plan(state: PlanState) -> str | None:
    begun = state.plan.replanning
    return str(begun.analysis.get("message") or begun.trigger.value) if begun is not None else None


def unhurried(spec: PlanSpec) -> PlanSpec:
    """Return a plan without limits of time: what would run takes none here."""
    settings = spec.settings.model_copy(
        update={"max_execution_time": None, "checkpoints": None, "loops": None}
    )
    steps = tuple(map(_unlimited, spec.steps))
    return spec.model_copy(update={"settings": settings, "steps": steps})


def _unlimited(step: StepSpec) -> StepSpec:
    cases = tuple(
        case.model_copy(update={"steps": tuple(map(_unlimited, case.steps))}) for case in step.cases
    )
    steps = tuple(map(_unlimited, step.steps))
    return step.model_copy(
        update={"timeout": None, "attempt_timeout": None, "steps": steps, "cases": cases}
    )


def _decided(
    parent: PlanStream,
    compiled: CompiledPlan,
    forked: Forked,
    inputs: dict[str, Json],
    suppose: Mapping[str, Json],
    now: datetime,
) -> tuple[PlanState, tuple[StepPath, ...]]:
    """Return the fork's state when nothing more happens without running a step."""
    state = PlanState(PlanStream.shell(_NOWHERE), compiled)
    state.now = now
    state.record(PlanDrafted, content=parent.content, inputs=inputs, context=compiled.spec.context)
    decide(state, forked, now)
    refuse_unfit(state, forked)
    supposed: list[StepPath] = []
    while not (state.plan.ended or state.plan.replanning):
        instance = next(
            (one for one in state.active.values() if _is_supposed(state, one, suppose)), None
        )
        due = state.timers.next_time()
        if instance is not None:
            supposed.append(instance.path)
            output = suppose[instance.path]
            decide(state, _outcome(state, instance, output), state.now)
        elif due is not None:
            decide(state, TimerFired(), max(due, state.now))
        else:
            break
    return state, tuple(supposed)


def _is_supposed(state: PlanState, instance: Instance, suppose: Mapping[str, Json]) -> bool:
    at_work = instance.node.works and instance.is_running
    return instance.path in suppose and (at_work or instance.path in state.asking)


def _outcome(state: PlanState, instance: Instance, output: Json) -> Outcome:
    """Return what a supposed result comes in as: an attempt's, or a person's answer."""
    if instance.path not in state.asking:
        return AttemptSucceeded(instance.path, instance.step.attempt, output)
    answer = RequestMade(
        originator_id=request_stream(state.id),
        originator_version=state.plan.handled_requests + 1,
        timestamp=state.now,
        command="answer",
        arguments={"step": instance.path, "value": output},
    )
    return Requested(answer)


def step_differences(before: Recorded, after: Recorded) -> Iterator[StepDifference]:
    """Yield the steps that come out otherwise in the one plan than in the other."""
    old, new = _outcomes(before), _outcomes(after)
    for path in dict.fromkeys((*old, *new)):
        one, other = old.get(path, _NOTHING), new.get(path, _NOTHING)
        if one != other and {one[0], other[0]} != _NOT_YET:
            yield StepDifference(path, one[0], other[0], one[1], other[1])


def _outcomes(recorded: Recorded) -> dict[StepPath, tuple[str | None, Json]]:
    """Return status and output of each step that came to be, of those that undo others too."""
    plan, steps, spec = recorded
    members = census(spec.steps, steps, ended=plan.ended)
    found: dict[StepPath, tuple[str | None, Json]] = {
        one.path: (one.status.value, one.state.output if one.state else None) for one in members
    }
    others = ((path, step) for path, step in steps.items() if path not in found)
    moved = ((path, step) for path, step in others if step.status is not StepStatus.PENDING)
    return found | {path: (step.status.value, step.output) for path, step in moved}
