"""The replan engine: when a plan needs another content, what is known then, and how it goes on.

The planner itself is asked outside of the core; until it answers, nothing further starts. Its
answer becomes a revision that keeps all that is finished.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from milepost.domain.events import (
    DecisionRecorded,
    ErrorRecord,
    LimitReached,
    PlanPaused,
    ReplanBegun,
    ReplanFailed,
)
from milepost.domain.ids import StepPath
from milepost.domain.plans import Completion, PlanStatus
from milepost.domain.replanning import OnReplanLimit, RevisionTrigger
from milepost.domain.values import Json

from .attempts import TIMEOUT, UNEXPECTED
from .completion import fail_plan, stop_on_failure
from .derive import derive
from .outcomes import Planned, PlanningFailed
from .revising import Revision
from .state import latest_event

if TYPE_CHECKING:
    from .state import Instance, PlanState

MAX_REPLANS = "max_replans"
LOOP = "loop"
SPEND = "spend"
"""Codes of what goes round in circles, and of what spends without coming further."""
PLANNED = "replan.plan"
"""The decision that holds a planner's answer."""
STRATEGY = "replan.strategy"
"""The decisions that a planner took on its way."""
_TRIGGERS = {
    UNEXPECTED: RevisionTrigger.UNEXPECTED,
    LOOP: RevisionTrigger.UNEXPECTED,
    SPEND: RevisionTrigger.RESOURCES,
}
_NAMED = 20


class Cause(NamedTuple):
    """What calls for another plan, the step that it is about, and what shows it."""

    trigger: RevisionTrigger
    step: str | None
    evidence: tuple[str, ...]
    analysis: dict[str, Json]


def face(state: PlanState, failed: Instance) -> None:
    """Decide what follows from a failed step: another plan, or what a failure leads to."""
    policy = state.compiled.settings.replan
    cause = _cause_of(state, failed)
    known = latest_event(failed.step) in state.plan.given_up
    if policy is not None and cause.trigger in policy.on and not known:
        call_for_plan(state, cause)
        return
    state.failures.pop(failed.path, None)
    if state.compiled.settings.stop_on_first_failure:
        stop_on_failure(state, failed)


def refusal(state: PlanState, trigger: RevisionTrigger) -> str | None:
    """Say why nobody can ask for another plan now, None if one can."""
    policy = state.compiled.settings.replan
    if state.over or state.plan.status is PlanStatus.READY:
        return f"a plan that is {state.plan.status.value} cannot be replanned"
    if policy is None or trigger not in policy.on:
        return f"its settings do not have it replanned for the reason `{trigger.value}`"
    if state.plan.replanning is not None:
        return "its planner is at work already"
    if not _replans_left(state):
        return f"it was replanned {state.replans} times, which is the most; revise it instead"
    return None


def call_for_plan(state: PlanState, cause: Cause) -> None:
    """Have the planner asked, unless it was asked as often as the plan allows."""
    if not _replans_left(state):
        _stop_at_limit(state)
        return
    standing, analysis = _standing(state), cause.analysis | _history(state, cause)
    begun = state.record(
        ReplanBegun,
        number=state.plan.replans + 1,
        trigger=cause.trigger,
        step=cause.step,
        evidence=cause.evidence,
        state=standing,
        analysis=analysis,
    )
    evidence: dict[str, Json] = {"evidence": list(cause.evidence)}
    why = f"replan {begun.number}: how the plan stands"
    _stage(state, "assess", standing, why, evidence)
    _stage(state, "analyse", analysis, f"the trigger is `{cause.trigger.value}`", evidence)


def take_answer(state: PlanState, answer: Planned | PlanningFailed) -> None:
    """Go on by what the planner answered; an answer that nobody waits for is left."""
    begun = state.plan.replanning
    if begun is None or begun.id != answer.begun or state.over:
        return
    state.actor = answer.planner
    if isinstance(answer, Planned):
        problem = _revise(state, begun, answer)
        error = None if problem is None else _planning_error(problem)
    else:
        error = answer.error
        _told(state, answer, None, error.message, {"error": _dumped(error)})
    if error is not None:
        state.record(ReplanFailed, why=error.message, error=error)
        _left_in_circle(state, begun)


def _revise(state: PlanState, begun: ReplanBegun, answer: Planned) -> str | None:
    """Give the plan the content that its planner proposes; return why not, if it cannot be.

    A refusal that is known beforehand, as in replay, leaves the state as one that is found here.
    """
    proposal: dict[str, Json] = {
        "strategy": answer.strategy.value,
        "content": answer.content,
        "again": list(answer.again),
    }
    _told(state, answer, proposal, answer.why, {"analysis": begun.analysis})
    if answer.problem is not None or answer.compiled is None:
        derive(state)
        return answer.problem or "the content is not there"
    before = len(state.compiled.nodes)
    revision = Revision(state, answer.compiled, answer.again)
    problem = revision.refusal()
    if problem is not None:
        revision.undo()
        derive(state)
        return problem
    _tell_merge(state, revision, before=before, after=len(answer.compiled.nodes))
    if answer.body is not None:
        state.contents[answer.content] = answer.body
    revision.record(
        answer.content,
        trigger=begun.trigger,
        strategy=answer.strategy,
        evidence=(begun.id, *begun.evidence),
        why=answer.why,
    )
    chosen: dict[str, Json] = {"revision": state.plan.revision}
    _stage(state, "resume", chosen, "the plan goes on by its new revision", _standing(state))
    return None


def _tell_merge(state: PlanState, revision: Revision, *, before: int, after: int) -> None:
    """Record what the new content is made of, and what of the old one's work it keeps."""
    made: dict[str, Json] = {"steps": after, "changed": list(revision.changed[:_NAMED])}
    _stage(state, "make", made, "the content is well formed", {"steps": before})
    merged: dict[str, Json] = {
        "kept": revision.kept,
        "reset": list(revision.reset[:_NAMED]),
        "removed": list(revision.removed[:_NAMED]),
    }
    _stage(state, "merge", merged, "what is finished stays as it is", made)


def _told(
    state: PlanState,
    answer: Planned | PlanningFailed,
    chosen: Json,
    why: str,
    inputs: dict[str, Json],
) -> None:
    """Record a planner's answer, then the choices that it made on the way."""
    given = inputs | {"replan": answer.begun, "choices": len(answer.choices)}
    state.record(DecisionRecorded, what=PLANNED, chosen=chosen, why=why, inputs=given)
    for choice in answer.choices:
        state.record(DecisionRecorded, what=STRATEGY, **choice._asdict())


def _stage(state: PlanState, name: str, chosen: Json, why: str, inputs: dict[str, Json]) -> None:
    state.record(DecisionRecorded, what=f"replan.{name}", chosen=chosen, why=why, inputs=inputs)


def _left_in_circle(state: PlanState, begun: ReplanBegun) -> None:
    """End a plan that goes round in circles and for which there is no other."""
    code = begun.analysis.get("code")
    if code in (LOOP, SPEND) and not state.failures:
        message = str(begun.analysis["message"])
        fail_plan(state, Completion.ERROR, reason=LOOP, code=LOOP, message=message)


def _stop_at_limit(state: PlanState) -> None:
    settings = state.compiled.settings
    allowed = settings.max_replans
    state.record(LimitReached, limit=MAX_REPLANS, allowed=allowed, reached=state.replans)
    told = f"the plan reached its limit {MAX_REPLANS} of {allowed}"
    if settings.replan is not None and settings.replan.on_limit is OnReplanLimit.PAUSE:
        state.record(PlanPaused, reason=f"{told}; give it another plan (revise), then resume it")
    else:
        fail_plan(state, Completion.ERROR, reason=MAX_REPLANS, code="limit", message=told)


def _replans_left(state: PlanState) -> bool:
    return state.replans < state.compiled.settings.max_replans


def _cause_of(state: PlanState, failed: Instance) -> Cause:
    """Say what the failure of a top-level step comes from: itself, or a step inside of it."""
    error, path = failed.step.error, failed.path
    while error is not None and error.step is not None:
        path, error = StepPath(error.step), error.cause
    code = error.code if error is not None else "blocked"
    timed_out = error is not None and TIMEOUT in (error.kind, error.code)
    trigger = RevisionTrigger.TIMEOUT if timed_out else RevisionTrigger.FAILURE
    trigger = _TRIGGERS.get(code, trigger)
    instance = state.instances.get(path, failed)
    analysis: dict[str, Json] = {
        "step": path,
        "tool": instance.node.spec.tool,
        "kind": error.kind if error is not None else "execution",
        "code": code,
        "message": error.message if error is not None else failed.step.reason,
        "retryable": error.retryable if error is not None else False,
        "attempts": instance.step.attempt,
    }
    events = dict.fromkeys((latest_event(instance.step), latest_event(failed.step)))
    return Cause(trigger, path, tuple(events), analysis)


def _standing(state: PlanState) -> dict[str, Json]:
    """Return how the plan stands: its steps by status, and what is under way."""
    counts = Counter(one.step.status.value for one in state.instances.values())
    under_way = [path for path, one in state.active.items() if one.is_running and one.node.works]
    steps: dict[str, Json] = dict(sorted(counts.items()))
    return {"revision": state.plan.revision, "steps": steps, "under_way": list(under_way[:_NAMED])}


def _history(state: PlanState, cause: Cause) -> dict[str, Json]:
    """Return how often the plan was replanned for the same step and error, and the same tool."""
    told = [one.analysis for one in state.plan.troubles]
    step, code, tool = cause.step, cause.analysis.get("code"), cause.analysis.get("tool")
    same = sum(one.get("step") == step and one.get("code") == code for one in told)
    by_tool = sum(one.get("tool") == tool for one in told) if tool is not None else 0
    return {"seen_before": same, "tool_seen_before": by_tool}


def _planning_error(problem: str) -> ErrorRecord:
    return ErrorRecord(kind="planning", code="planning", message=problem, retryable=False)


def _dumped(error: ErrorRecord) -> dict[str, Json]:
    dumped: dict[str, Json] = error.model_dump(mode="json", exclude_defaults=True)
    return dumped
