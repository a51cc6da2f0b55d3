"""The loop detector: a plan that goes round in circles is stopped, paused, or given another plan.

Looked for are the same call again and again, a sequence of steps that repeats, a state that was
there before, and spend without progress; each by the plan's settings, and none without them.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from milepost.domain.events import ErrorRecord, LoopDetected, PlanPaused
from milepost.domain.ids import StepPath, owner_of, path_of, stream_of
from milepost.domain.plans import Completion
from milepost.domain.replanning import OnLoop, RevisionTrigger
from milepost.domain.values import Json

from .attempts import fail
from .completion import cancel_below, fail_plan
from .failures import LOOP, SPEND
from .replanning import Cause, call_for_plan

if TYPE_CHECKING:
    from .loop_memory import Finding, LoopWatch
    from .state import Instance, PlanState

_WORDS = {
    "repetition": "{steps} would start for the {count}th time with the same input",
    "pattern": "the sequence {steps} was gone through {count} times in a row",
    "state": "after {steps} the plan is in a state that it came back to {count} times",
    "spend": "{steps} used up {count} without the plan coming to a new state",
}


def holds(state: PlanState, instance: Instance, bindings: dict[str, Json]) -> bool:
    """Keep a step from going on with a circle; tell whether it did."""
    watch = state.loop_watch
    if watch is None or instance.step.attempt:
        return False
    finding = state.loop_memory.at_start(watch, instance.path, bindings)
    if finding is not None:
        _act(state, watch, finding, instance.path)
    return finding is not None


def finds(state: PlanState) -> bool:
    """Act on a circle that the newest ends closed; tell whether there was one."""
    watch, finding = state.loop_watch, state.loop_memory.found
    if watch is None or finding is None:
        return False
    _act(state, watch, finding, StepPath(path_of(stream_of(finding.evidence[-1])) or ""))
    return True


def _act(state: PlanState, watch: LoopWatch, finding: Finding, path: StepPath) -> None:
    event = state.record(LoopDetected, **asdict(finding))
    told = _WORDS[finding.found].format(steps=", ".join(finding.steps), count=finding.count)
    message = f"{told} (allowed: {finding.allowed})"
    match watch.policy.on_loop:
        case OnLoop.STOP:
            fail_plan(state, Completion.ERROR, reason=LOOP, code=LOOP, message=message)
        case OnLoop.PAUSE:
            state.record(PlanPaused, reason=message)
        case OnLoop.REPLAN:
            _replan(state, finding, path, event.id, message)


def _replan(
    state: PlanState, finding: Finding, path: StepPath, detected: str, message: str
) -> None:
    """Fail the step that goes round, with all around it, so that the plan is made anew there."""
    code = SPEND if finding.found == SPEND else LOOP
    outermost = _outermost(state, path)
    if outermost.step.ended:
        analysis: dict[str, Json] = {"step": path, "code": code, "message": message}
        trigger = RevisionTrigger.RESOURCES if code == SPEND else RevisionTrigger.UNEXPECTED
        call_for_plan(state, Cause(trigger, path, (detected,), analysis))
        return
    cancel_below(state, outermost, message)
    error = ErrorRecord(code=code, message=message, retryable=False)
    fail(state, outermost, error, cause=detected)


def _outermost(state: PlanState, path: StepPath) -> Instance:
    """Return the top-level step that a step is, or lies in; what is around it may have ended."""
    while (owner := owner_of(path)) is not None:
        path = owner
    return state.instances[path]
