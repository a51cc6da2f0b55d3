"""Beginning where another plan stood: what was finished there is adopted, not run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.events import (
    ErrorRecord,
    PlanForked,
    StepAdopted,
    StepCancelled,
    StepFailed,
    StepReset,
    StepSkipped,
    StepStarted,
)
from milepost.domain.ids import StepPath, event_id
from milepost.domain.steps import DependencyType, StepStatus
from milepost.domain.values import Json

from . import breakpoints
from .attempts import fail_unwritten, written
from .context import context_without, writers
from .derive import derive, restore
from .outcomes import Forked, Inherited
from .past import Past
from .resetting import introduce_names, take_back
from .state import PlanState
from .survey import Survey, has_moved, passed_over

if TYPE_CHECKING:
    from .compiled import CompiledPlan
    from .state import Instance


def fork(state: PlanState, outcome: Forked, decider: int) -> None:
    """Start the plan with what the parent's steps had come to.

    Steps that come after a replaced result, or after a step that is to run, are adopted only if
    their input turns out the same. What they wrote to the context is not taken over. The plan
    fails, once it stands, if a result put in a step's place does not suit what the step writes.
    """
    if outcome.history:
        outcome = outcome._replace(context=_context(state, outcome, decider))
    event = _begin(state, outcome, decider)
    survey = Survey(state)
    replaced = [one for one in survey.moved() if one.path in outcome.replaced]
    again = _again(survey, outcome)
    problems = [_written(state, one, event) for one in replaced]
    take_back(state, again, "its input may be another", cause=event, keep=again)
    introduce_names(state, event)
    derive(state)
    problem = next((one for one in problems if one is not None), None)
    if problem is not None:
        fail_unwritten(state, problem)
    elif outcome.hold:
        breakpoints.hold(state)


def _written(state: PlanState, replaced: Instance, event: str) -> str | None:
    """Record what a step with another result writes to the context; return why not, if so."""
    state.cause = event
    return written(state, replaced)


def _begin(state: PlanState, outcome: Forked, decider: int) -> str:
    """Record what the plan begins with; return the event's id."""
    event = state.record(
        PlanForked,
        parent=outcome.parent,
        at=outcome.at,
        replaced=outcome.replaced,
        context=outcome.context,
        decider=decider,
        strategy=state.compiled.strategy.value,
        hold=outcome.hold,
    )
    for one in outcome.inherited:
        _inherit(state, one, event.id)
    return event.id


def _again(survey: Survey, outcome: Forked) -> list[StepPath]:
    """Return the steps that may come out otherwise than they had in the parent."""
    replaced = frozenset(outcome.replaced)
    moved = survey.moved()
    seeds = [one for one in moved if one.path in replaced]
    stale = [one for one in moved if one.path not in replaced and _is_stale(survey.state, one)]
    after = survey.spread([*stale, *seeds], lambda one: one.path not in replaced)
    return [path for path in after if path not in replaced]


def _is_stale(state: PlanState, instance: Instance) -> bool:
    """Tell whether a step ended though one that it waits for is to run."""
    return not passed_over(instance) and not all(map(has_moved, _awaited(state, instance)))


def _awaited(state: PlanState, instance: Instance) -> list[Instance]:
    """Return the steps that one waits for to end."""
    edges = (edge for edge in instance.node.edges if edge.kind is not DependencyType.PARALLEL)
    return [state.source(instance, edge.source) for edge in edges]


def _context(state: PlanState, outcome: Forked, decider: int) -> dict[str, Json]:
    """Return the parent's context without what steps wrote that the plan does not take over."""
    trial = PlanState(PlanStream.shell(state.id), state.compiled)
    trial.now = state.now
    _begin(trial, outcome, decider)
    taken = {one.path for one in outcome.inherited} - set(outcome.replaced)
    kept = taken.difference(_again(Survey(trial), outcome))
    return context_without(outcome.history, writers(outcome.history) - kept)


def _inherit(state: PlanState, one: Inherited, cause: str) -> None:
    step = state.step(one.path)
    if one.status is StepStatus.COMPLETED:
        state.record_aside(
            step,
            StepAdopted,
            cause=cause,
            output=one.output,
            source=one.source,
            bindings=one.bindings,
        )
    elif one.status is StepStatus.RUNNING:
        reason = "it goes on as in the plan that this one was forked from"
        given = dict(one.bindings)
        state.record_aside(step, StepReset, cause=cause, reason=reason, bindings=given)
        state.record_aside(step, StepStarted)
    elif one.status is StepStatus.FAILED:
        error = one.error or ErrorRecord(message="it had failed")
        state.record_aside(step, StepFailed, cause=cause, error=error)
    elif one.skipped is not None:
        state.record_aside(step, StepSkipped, cause=cause, reason=one.skipped, detail=one.detail)
    else:
        state.record_aside(step, StepCancelled, cause=cause, reason=one.detail)


def to_begin_anew(past: Past, compiled: CompiledPlan) -> frozenset[StepPath]:
    """Return the steps that a fork cannot take over because something had been undone.

    That is what was undone, what held it, and what follows from it without waiting for it. What
    waits for such a step is taken over: it keeps its result if its input turns out the same.
    """
    undone = past.undone()
    if not undone:
        return frozenset()
    survey = Survey(restore(past.plan.id, past.before, compiled))
    again = survey.spread(
        [one for one in survey.instances() if one.path in undone], lambda _one: True
    )
    return frozenset(
        path
        for path, one in again.items()
        if path in undone
        or not any(awaited.path in again for awaited in _awaited(survey.state, one))
    )


def inherited(
    past: Past,
    known: Collection[StepPath],
    containers: Collection[StepPath],
    replaced: Mapping[StepPath, Json],
) -> tuple[Inherited, ...]:
    """Return what a fork takes over: all steps in `known` that had ended, some with other results.

    Of `containers` those that were under way go on.
    """
    found = []
    for path, step in past.steps.items():
        if path in replaced:
            found.append(_replaced(path, step, replaced[path]))
        elif path in known and past.ended(path):
            found.append(_as_is(path, step))
        elif path in containers and past.under_way(path):
            found.append(Inherited(path, StepStatus.RUNNING, bindings=step.bindings))
    missing = (path for path in replaced if path not in past.steps)
    found += [Inherited(path, StepStatus.COMPLETED, replaced[path]) for path in missing]
    return tuple(found)


def _as_is(path: StepPath, step: Step) -> Inherited:
    return Inherited(
        path=path,
        status=step.status,
        output=step.output,
        bindings=step.bindings,
        source=step.source or event_id(step.id, step.version),
        error=step.error,
        skipped=step.skipped,
        detail=step.reason or "",
    )


def _replaced(path: StepPath, step: Step, output: Json) -> Inherited:
    return Inherited(path, StepStatus.COMPLETED, output, step.bindings)
