"""The decision log: every choice about a plan with what, why, inputs and alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from milepost.domain.events import (
    DecisionRecorded,
    Event,
    LimitReached,
    PlanPaused,
    PlanResumed,
    RequestAnswered,
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
    return _Choice("pause", "pause", event.reason, {"waiting": list(event.waiting)}, ("go on",))


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
}
