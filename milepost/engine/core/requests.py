"""What people ask of a running plan, and how the plan answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from milepost.domain.commands import COMMANDS, is_noted, parse
from milepost.domain.errors import ValidationError
from milepost.domain.events import (
    ENGINE,
    ErrorRecord,
    PlanPaused,
    PlanResumed,
    RequestAnswered,
    RequestMade,
    StepRetrying,
    Waiting,
)
from milepost.domain.ids import StepPath
from milepost.domain.lifecycles import PLAN
from milepost.domain.plans import PlanStatus
from milepost.domain.values import Json

from .attempts import complete, fail
from .bulk import in_bulk
from .compensation import still_undoing
from .completion import Ending, cancel_active, end
from .courses import change_course
from .derive import derive
from .timers import Alarm

if TYPE_CHECKING:
    from .outcomes import Requested
    from .state import Instance, PlanState


@in_bulk
def answer(state: PlanState, asked: Requested) -> None:
    """Carry a request out or refuse it; either way it is answered once.

    After a refusal the bookkeeping is derived anew, however far the core had looked into it: so
    replay, which only knows that it was refused, comes to the same.
    """
    request = asked.request
    if request.originator_version <= state.plan.handled_requests:
        return
    state.actor = request.actor
    state.cause = request.id
    refusal = asked.problem or _carry_out(state, asked)
    if refusal is not None and request.command in COMMANDS and not is_noted(request.command):
        derive(state)
    state.actor, state.cause = ENGINE, request.id
    state.record(RequestAnswered, accepted=refusal is None, why=refusal or "")


def _carry_out(state: PlanState, asked: Requested) -> str | None:
    """Do what was asked; return why not, if it cannot be done."""
    command = asked.request.command
    if command in COMMANDS:
        try:
            return change_course(parse(command, asked.request.arguments), state, asked)
        except ValidationError as error:
            return str(error)
    return _COMMANDS.get(command, _unknown)(state, asked.request)


def _pause(state: PlanState, request: RequestMade) -> str | None:
    if refusal := _refusal(state, "pause"):
        return refusal
    state.record(PlanPaused, reason=request.why or "paused on request")
    return None


def _resume(state: PlanState, request: RequestMade) -> str | None:
    if refusal := _refusal(state, "resume"):
        return refusal
    if state.plan.waiting and state.only_asking():
        steps = ", ".join(state.plan.waiting)
        return f"the plan waits for an answer to {steps}"
    state.record(PlanResumed, reason=request.why or "resumed on request")
    return None


def _cancel(state: PlanState, request: RequestMade) -> str | None:
    if refusal := _refusal(state, "cancel"):
        return refusal
    if state.plan.compensation is not None:
        return still_undoing(state)
    why = request.why or "cancelled on request"
    cancel_active(state, "the plan was cancelled")
    end(state, Ending("cancel", why, {"reason": why}))
    return None


def _answer_step(state: PlanState, request: RequestMade) -> str | None:
    path = StepPath(str(request.arguments.get("step", "")))
    instance = state.active.get(path)
    if state.plan.ended or instance is None or path not in state.asking:
        return f"step {path!r} does not wait for an answer"
    outcome = request.arguments.get("outcome", "value")
    unknown = instance.step.waiting is Waiting.UNKNOWN
    if outcome != "value" and not unknown:
        return f"step {path!r} asks for a value, not for {outcome!r}"
    if state.plan.status is PlanStatus.PAUSED and state.plan.waiting:
        state.record(PlanResumed, reason=f"{path} was answered")
    _settle_question(state, instance, outcome, request)
    return None


def _settle_question(
    state: PlanState,
    instance: Instance,
    outcome: Json,
    request: RequestMade,
) -> None:
    if outcome == "retry":
        _retry(state, instance, request)
    elif outcome == "fail":
        message = request.why or "a person said that the attempt did not take effect"
        error = ErrorRecord(code="unknown_outcome", message=message, retryable=False)
        fail(state, instance, error, cause=request.id)
    else:
        complete(state, instance, request.arguments.get("value"), cause=request.id)


def _retry(state: PlanState, instance: Instance, request: RequestMade) -> None:
    message = request.why or "a person asked for another attempt"
    error = ErrorRecord(code="unknown_outcome", message=message)
    state.record_step(
        instance, StepRetrying, cause=request.id, error=error, delay=timedelta(), due=state.now
    )
    instance.cause = state.cause
    state.timers.add(state.now, Alarm.WAKE, instance)


def _refusal(state: PlanState, trigger: str) -> str | None:
    if PLAN.allows(trigger, state.plan.status):
        return None
    return f"cannot {trigger} a plan that is {state.plan.status.value}"


def _unknown(state: PlanState, request: RequestMade) -> str | None:
    del state
    return f"there is no command {request.command!r}"


_COMMANDS = {"pause": _pause, "resume": _resume, "cancel": _cancel, "answer": _answer_step}
