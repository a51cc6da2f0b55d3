"""What must hold of a plan whatever went wrong on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from milepost.domain.events import StepCompleted, StepReset, StepStarted
from milepost.domain.ids import path_of
from milepost.domain.lifecycles import PLAN_ENDED
from milepost.domain.plans import PlanResult
from milepost.engine.journal import Stored
from milepost.engine.replay import ReplayReport

from .chaos import Made

Activation = tuple[str, int]


def problems_of(
    result: PlanResult, replayed: ReplayReport, stored: Sequence[Stored], calls: Sequence[Made]
) -> Iterator[str]:
    """Yield a line for everything that does not hold."""
    if result.status not in PLAN_ENDED:
        waiting = f" and waits for {', '.join(result.waiting)}" if result.waiting else ""
        yield f"the plan did not end: it is {result.status}{waiting}"
    if replayed.difference is not None:
        where, detail = replayed.difference.event_id, replayed.difference.detail
        yield f"its replay differs at event {where}: {detail}"
    yield from _wrong_calls(stored, calls)


def _wrong_calls(stored: Sequence[Stored], calls: Sequence[Made]) -> Iterator[str]:
    started, completed = _positions(stored)
    made = Counter((call.step, call.activation, call.attempt) for call in calls)
    for (step, _activation, attempt), times in made.items():
        if times > 1:
            yield f"attempt {attempt} of step {step} was called {times} times"
    for call in calls:
        done = completed.get((call.step, call.activation))
        if done is not None and done <= call.position:
            yield f"step {call.step} was called after it had completed"
        begun = started.get((call.step, call.activation, call.attempt))
        if begun is None or begun > call.position:
            yield f"attempt {call.attempt} of step {call.step} was called before it was stored"


def _positions(
    stored: Sequence[Stored],
) -> tuple[dict[tuple[str, int, int], int], dict[Activation, int]]:
    """Return where each attempt started, and where each activation completed."""
    activations: Counter[str] = Counter()
    started: dict[tuple[str, int, int], int] = {}
    completed: dict[Activation, int] = {}
    for position, event in stored:
        path = path_of(event.originator_id)
        if path is None:
            continue
        if isinstance(event, StepReset):
            activations[path] += 1
        elif isinstance(event, StepStarted):
            started[path, activations[path], event.attempt] = position
        elif isinstance(event, StepCompleted):
            completed[path, activations[path]] = position
    return started, completed
