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
from milepost.domain.ids import StepPath, owner_of, undone_path
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import Completion, PlanStatus
from milepost.domain.replanning import OnReplanLimit, RevisionTrigger
from milepost.domain.steps import StepStatus
from milepost.domain.values import Json

from .completion import fail_plan, stop_on_failure
from .derive import derive
from .failures import LOOP, SPEND, calls_for_plan, has_consequences, origin_of, trigger_of
from .outcomes import Planned, PlanningFailed
from .revising import Revision
from .state import latest_event

if TYPE_CHECKING:
    from .state import Instance, PlanState

MAX_REPLANS = "max_replans"
PLANNED = "replan.plan"
"""The decision that holds a planner's answer."""
STRATEGY = "replan.strategy"
"""The decisions that a planner took on its way."""
_NAMED = 20


class Cause(NamedTuple):
    """What calls for another plan, the step that it is about, and what shows it."""

    trigger: RevisionTrigger
    step: str | None
    evidence: tuple[str, ...]
    analysis: dict[str, Json]


def face(state: PlanState, failed: Instance) -> None:
    """Decide what follows from a failed step: another plan, or what a failure leads to."""
    if calls_for_plan(state, failed):
        call_for_plan(state, _cause_of(state, failed))
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
        _forget_settled(state)
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
    if code in (LOOP, SPEND) and not _has_failed(state, StepPath(begun.step or "")):
        message = str(begun.analysis["message"])
        fail_plan(state, Completion.ERROR, reason=LOOP, code=LOOP, message=message)


def _forget_settled(state: PlanState) -> None:
    """Drop the failures from which nothing follows, now that there is no plan for them."""
    failures = state.failures.items()
    state.failures = {path: one for path, one in failures if has_consequences(state, one)}


def _has_failed(state: PlanState, path: StepPath) -> bool:
    """Tell whether a step, or what it is in at the top, has failed: then that is faced."""
    while (owner := owner_of(path)) is not None:
        path = owner
    return path in state.steps and state.steps[path].status is StepStatus.FAILED


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
    path, error = origin_of(failed)
    code = error.code if error is not None else "blocked"
    step = state.steps.get(path, failed.step)
    spec = StepLookup(state.compiled.spec).find(path) or failed.node.spec
    analysis: dict[str, Json] = {
        "step": path,
        "tool": spec.tool,
        "kind": error.kind if error is not None else "execution",
        "code": code,
        "message": error.message if error is not None else failed.step.reason,
        "retryable": error.retryable if error is not None else False,
        "attempts": step.attempt,
    }
    events = dict.fromkeys((latest_event(step), latest_event(failed.step)))
    return Cause(trigger_of(error), path, tuple(events), analysis)


def _standing(state: PlanState) -> dict[str, Json]:
    """Return how the plan stands: its steps by status, and what is under way."""
    moved = [
        step.status.value
        for path, step in state.steps.items()
        if step.status is not StepStatus.PENDING and undone_path(path) is None
    ]
    waiting = [one for one in state.instances.values() if _is_to_begin(one)]
    counts = Counter([*moved, *(one.step.status.value for one in waiting)])
    under_way = [path for path, one in state.active.items() if one.is_running and one.node.works]
    steps: dict[str, Json] = dict(sorted(counts.items()))
    return {"revision": state.plan.revision, "steps": steps, "under_way": list(under_way[:_NAMED])}


def _is_to_begin(instance: Instance) -> bool:
    return instance.step.status is StepStatus.PENDING and instance.may_move


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
