"""Saves as the engine makes them, for the tests of stores."""

from datetime import UTC, datetime

from milepost.domain.events import (
    Event,
    PlanCompleted,
    PlanDrafted,
    PlanStarted,
    RequestMade,
    StepCompleted,
    StepStarted,
)
from milepost.domain.ids import PlanId, request_stream, step_stream
from milepost.domain.values import Json, canonical_bytes, hash_of
from milepost.engine.journal import Save

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONTENT = canonical_bytes(
    {"steps": [{"id": name, "kind": "tool_call", "tool": "t", "input": {}} for name in ("a", "b")]}
)


def plan(number: int = 1) -> PlanId:
    return PlanId(f"p{number:026d}")


def draft(plan_id: PlanId, *, time: datetime = NOON) -> Save:
    """Draft and start a new plan."""
    events = [
        PlanDrafted(
            originator_id=plan_id, originator_version=1, timestamp=time, content=hash_of(CONTENT)
        ),
        PlanStarted(
            originator_id=plan_id,
            originator_version=2,
            timestamp=time,
            cause=f"{plan_id}#1",
            decider=1,
            strategy="serial",
        ),
    ]
    return Save(plan_id, events, new=True, contents={hash_of(CONTENT): CONTENT})


def started(
    plan_id: PlanId, path: str, *, version: int = 1, time: datetime = NOON, attempt: int = 1
) -> Event:
    return StepStarted(
        originator_id=step_stream(plan_id, path),
        originator_version=version,
        timestamp=time,
        cause=f"{plan_id}#2",
        attempt=attempt,
    )


def completed(
    plan_id: PlanId, path: str, *, version: int = 2, output: Json = None, time: datetime = NOON
) -> Event:
    return StepCompleted(
        originator_id=step_stream(plan_id, path),
        originator_version=version,
        timestamp=time,
        cause=f"{step_stream(plan_id, path)}#{version - 1}",
        output=output,
        duration=0.25,
    )


def ended(plan_id: PlanId, *, version: int = 3) -> Event:
    return PlanCompleted(
        originator_id=plan_id,
        originator_version=version,
        timestamp=NOON,
        cause=f"{plan_id}#2",
        reason="all_done",
    )


def step(plan_id: PlanId, path: str, *, fence: int = 1, output: Json = None) -> Save:
    """Start and complete a step in one save."""
    events = [started(plan_id, path), completed(plan_id, path, output=output)]
    return Save(plan_id, events, fence=fence)


def request(plan_id: PlanId, *, version: int = 1, command: str = "pause") -> Save:
    made = RequestMade(
        originator_id=request_stream(plan_id),
        originator_version=version,
        timestamp=NOON,
        actor="ann",
        command=command,
        why="lunch",
    )
    return Save(plan_id, [made])
