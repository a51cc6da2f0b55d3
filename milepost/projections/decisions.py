"""The decision log: every choice about a plan with what, why, inputs and alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from milepost.domain.events import (
    CompensationBegun,
    DecisionRecorded,
    Event,
    LimitReached,
    LoopDetected,
    PlanForked,
    PlanPaused,
    PlanRecovered,
    PlanRestored,
    PlanResumed,
    PlanRevised,
    PlanRolledBack,
    RecoveryStrategy,
    ReplanBegun,
    ReplanFailed,
    RequestAnswered,
    RevisionStrategy,
    StepAdopted,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepSuspended,
    Waiting,
)
from milepost.domain.ids import StepPath, path_of

from .views import Recorded


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice; `event` is the id of the event that records it."""

    event: str
    position: int
    time: datetime
    step: StepPath | None
    actor: str
    what: str
    """What was decided about, for example `branch`, `loop`, `retry`, `skip`, `limit`, `pause`."""
    chosen: JsonValue
    why: str
    inputs: dict[str, JsonValue]
    alternatives: tuple[JsonValue, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    what: str
    chosen: JsonValue
    why: str
    inputs: dict[str, JsonValue]
    alternatives: tuple[JsonValue, ...]


def decisions(events: Iterable[Recorded]) -> Iterator[Decision]:
    """Yield the decisions among a plan's events, in order."""
    for recorded in events:
        event = recorded.event
        read = _READERS.get(type(event))
        choice = read(event) if read else None
        if choice is not None:
            step = path_of(event.originator_id) or getattr(event, "step", None)
            yield Decision(
                event=event.id,
                position=recorded.position,
                time=event.timestamp,
                step=StepPath(step) if step else None,
                actor=event.actor,
                what=choice.what,
                chosen=choice.chosen,
                why=choice.why,
                inputs=choice.inputs,
                alternatives=choice.alternatives,
            )


def _recorded(event: DecisionRecorded) -> _Choice:
    return _Choice(event.what, event.chosen, event.why, event.inputs, event.alternatives)


def _retry(event: StepRetrying) -> _Choice:
    error = event.error
    inputs: dict[str, JsonValue] = {
        "error": error.message,
        "code": error.code,
        "retryable": error.retryable,
    }
    chosen: JsonValue = {"delay": event.delay.total_seconds(), "due": event.due.isoformat()}
    why = f"the policy tries errors with the code `{error.code}` again"
    return _Choice("retry", chosen, why, inputs, ("fail",))


def _skip(event: StepSkipped) -> _Choice:
    return _Choice("skip", "skip", event.detail, {"reason": event.reason.value}, ("run",))


def _limit(event: LimitReached) -> _Choice:
    inputs: dict[str, JsonValue] = {"allowed": event.allowed, "reached": event.reached}
    return _Choice("limit", "stop", f"the limit `{event.limit}` is reached", inputs, ("go on",))


def _pause(event: PlanPaused) -> _Choice:
    inputs: dict[str, JsonValue] = {"waiting": list(event.waiting)}
    if event.breakpoint is not None:
        inputs["breakpoint"] = event.breakpoint
    return _Choice("pause", "pause", event.reason, inputs, ("go on",))


def _resume(event: PlanResumed) -> _Choice:
    return _Choice("resume", "go on", event.reason, {}, ("stay paused",))


def _reset(event: StepReset) -> _Choice:
    return _Choice("reset", "run again", event.reason, {}, ("keep",))


def _ask(event: StepSuspended) -> _Choice | None:
    """Return the choice to ask a person about an unknown outcome; other waits are no choice."""
    if event.waiting is not Waiting.UNKNOWN:
        return None
    why = "a crash cut the attempt off, and the tool may have written"
    return _Choice("unknown outcome", "ask", why, {}, ("retry", "fail"))


def _answer(event: RequestAnswered) -> _Choice:
    chosen = "accepted" if event.accepted else "refused"
    other = "refused" if event.accepted else "accepted"
    return _Choice("request", chosen, event.why, {"request": event.cause}, (other,))


def _revise(event: PlanRevised) -> _Choice:
    inputs: dict[str, JsonValue] = {
        "trigger": event.trigger.value,
        "strategy": event.strategy.value,
        "evidence": list(event.evidence),
        "removed": list(event.removed),
    }
    others = [strategy.value for strategy in RevisionStrategy if strategy is not event.strategy]
    return _Choice("revise", f"revision {event.number}", event.why, inputs, tuple(others))


def _roll_back(event: PlanRolledBack) -> _Choice:
    inputs: dict[str, JsonValue] = {"kept": event.kept, "reset": event.reset}
    stay = f"revision {event.parent}"
    return _Choice("roll back", f"revision {event.to}", event.reason, inputs, (stay,))


def _restore(event: PlanRestored) -> _Choice:
    inputs: dict[str, JsonValue] = {"kept": event.kept, "reset": event.reset}
    if event.checkpoint is not None:
        inputs["checkpoint"] = event.checkpoint
    return _Choice("restore", event.at, event.reason, inputs, ("stay",))


def _recover(event: PlanRecovered) -> _Choice:
    inputs: dict[str, JsonValue] = {"settles": event.settles, "steps": list(event.steps)}
    others = tuple(one.value for one in RecoveryStrategy if one is not event.strategy)
    return _Choice("recover", event.strategy.value, event.reason, inputs, others)


def _fork(event: PlanForked) -> _Choice:
    inputs: dict[str, JsonValue] = {"parent": event.parent, "replaced": list(event.replaced)}
    return _Choice("fork", event.at, f"it begins where {event.parent} stood", inputs, ())


def _compensate(event: CompensationBegun) -> _Choice:
    return _Choice("undo", list(event.steps), event.reason, {"then": event.then}, ("keep",))


def _loop_detected(event: LoopDetected) -> _Choice:
    inputs: dict[str, JsonValue] = {
        "count": event.count,
        "allowed": event.allowed,
        "steps": list(event.steps),
        "evidence": list(event.evidence),
    }
    why = f"the plan goes round in circles: {event.found}"
    return _Choice("loop detected", "intervene", why, inputs, ("go on",))


def _replan(event: ReplanBegun) -> _Choice:
    inputs: dict[str, JsonValue] = {
        "trigger": event.trigger.value,
        "step": event.step,
        "evidence": list(event.evidence),
    }
    why = f"another plan is wanted: {event.trigger.value}"
    return _Choice("replan", f"replan {event.number}", why, inputs, ("go on",))


def _replan_failed(event: ReplanFailed) -> _Choice:
    return _Choice("replan", "no other plan", event.why, {}, ())


def _adopt(event: StepAdopted) -> _Choice:
    why = "the step would do the very same, and its result is on record"
    if event.source is None:
        why = "the result was given"
    return _Choice("adopt", "adopt", why, {"source": event.source}, ("run",))


_READERS: dict[type[Event], Callable[[Any], _Choice | None]] = {
    DecisionRecorded: _recorded,
    StepRetrying: _retry,
    StepSkipped: _skip,
    LimitReached: _limit,
    PlanPaused: _pause,
    PlanResumed: _resume,
    StepReset: _reset,
    StepSuspended: _ask,
    RequestAnswered: _answer,
    PlanRevised: _revise,
    PlanRolledBack: _roll_back,
    PlanRestored: _restore,
    PlanRecovered: _recover,
    PlanForked: _fork,
    CompensationBegun: _compensate,
    LoopDetected: _loop_detected,
    ReplanBegun: _replan,
    ReplanFailed: _replan_failed,
    StepAdopted: _adopt,
}
