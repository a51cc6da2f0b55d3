"""One real event of every kind, as the generated page shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from milepost.domain.events import (
    BreakpointChanged,
    CheckpointForgotten,
    CheckpointTaken,
    CompensationBegun,
    CompensationEnded,
    ContextChanged,
    DecisionRecorded,
    ErrorRecord,
    Event,
    LimitReached,
    LoopDetected,
    OwnerChanged,
    PlanCancelled,
    PlanCompleted,
    PlanDrafted,
    PlanFailed,
    PlanForked,
    PlanPaused,
    PlanRecovered,
    PlanRestored,
    PlanResumed,
    PlanRevised,
    PlanRolledBack,
    PlanStarted,
    Question,
    RecoveryStrategy,
    ReplanBegun,
    ReplanFailed,
    RequestAnswered,
    RequestMade,
    RevisionStrategy,
    RevisionTrigger,
    SkipReason,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
    Usage,
    Waiting,
    WorkflowPublished,
    WorkflowRetired,
)
from milepost.domain.ids import plan_id, request_stream, step_stream
from milepost.domain.plans import Completion
from milepost.domain.values import ContentHash, content_hash

TIME = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
PLAN = plan_id(int(TIME.timestamp() * 1000), 0x2A5_1234_5678_9ABC_DEF0)
FORK = plan_id(int(TIME.timestamp() * 1000) + 1, 0x2A5_1234_5678_9ABC_DEF0)
STEP = step_stream(PLAN, "load")
CONTENT: ContentHash = content_hash({"steps": []})
_TIMEOUT = ErrorRecord(kind="timeout", code="timeout", message="no answer within 30 s")
_REFUSED = ErrorRecord(code="http_404", message="no such table: sales", retryable=False)


def _made(
    event_type: type[Event],
    stream: str,
    number: int,
    cause: str,
    /,
    **fields: Any,  # noqa: ANN401 - each event type checks its own fields
) -> Event:
    return event_type(
        originator_id=stream, originator_version=number, timestamp=TIME, cause=cause, **fields
    )


def _of_plan(event_type: type[Event], number: int, /, **fields: Any) -> Event:  # noqa: ANN401
    cause = f"{PLAN}#{number - 1}" if number > 1 else ""
    return _made(event_type, PLAN, number, cause, **fields)


def _of_step(event_type: type[Event], number: int, /, **fields: Any) -> Event:  # noqa: ANN401
    cause = f"{STEP}#{number - 1}" if number > 1 else f"{PLAN}#2"
    return _made(event_type, STEP, number, cause, **fields)


PLAN_EXAMPLES = (
    _of_plan(
        PlanDrafted,
        1,
        content=CONTENT,
        name="sales",
        workflow="sales@1.0.0",
        inputs={"region": "EU"},
        session="s-17",
        user="ada",
        tags=("monthly",),
    ),
    _of_plan(PlanStarted, 2, decider=1, strategy="dag"),
    _of_plan(PlanPaused, 3, reason="a step waits for a person", waiting=("approve",)),
    _of_plan(PlanResumed, 4, reason="answered"),
    _of_plan(
        DecisionRecorded,
        5,
        what="branch",
        chosen="choose[0]",
        why="load.output.count > 10",
        step="choose",
        inputs={"load.output.count": 12},
        alternatives=("choose[1]",),
    ),
    _of_plan(LimitReached, 6, limit="max_retries", allowed=3, reached=4),
    _of_plan(ContextChanged, 7, changes={"total": 4711}, step="load"),
    _of_plan(
        PlanCompleted,
        8,
        completion=Completion.PARTIAL,
        reason="all_done",
        output_of=("report",),
        missing=("chart",),
    ),
    _of_plan(PlanFailed, 8, reason="step_failed", error=_REFUSED, missing=("report",)),
    _of_plan(PlanCancelled, 8, reason="asked by ada"),
    _of_plan(OwnerChanged, 9, owner="host-7/4711", fence=2, reason="the owner was gone"),
    _made(RequestAnswered, PLAN, 10, f"{request_stream(PLAN)}#1", accepted=True),
)
REVISION_EXAMPLES = (
    _of_plan(
        PlanRevised,
        4,
        number=2,
        content=CONTENT,
        parent=1,
        kept=3,
        reset=1,
        trigger=RevisionTrigger.FAILURE,
        strategy=RevisionStrategy.ALTERNATIVE,
        evidence=(f"{STEP}#2",),
        why="read from the archive instead",
    ),
    _of_plan(
        PlanRolledBack,
        5,
        number=3,
        content=CONTENT,
        parent=2,
        to=1,
        kept=2,
        reset=2,
        removed=("archive",),
        reason="the archive is not complete",
    ),
    _of_plan(
        PlanRestored,
        6,
        number=3,
        content=CONTENT,
        parent=3,
        at=f"{STEP}#2",
        checkpoint="loaded",
        reset=2,
        context={"total": 4711},
        reason="the report is to be made anew",
    ),
    _of_plan(
        PlanRecovered,
        9,
        number=3,
        content=CONTENT,
        parent=3,
        strategy=RecoveryStrategy.RESUME,
        settles=f"{PLAN}#8",
        steps=("report",),
        kept=4,
        reset=1,
        reason="the printer is back",
    ),
    _made(
        PlanForked,
        FORK,
        2,
        f"{FORK}#1",
        parent=PLAN,
        at=f"{STEP}#2",
        replaced=("load",),
        decider=1,
        strategy="dag",
    ),
    _of_plan(
        ReplanBegun,
        5,
        number=1,
        trigger=RevisionTrigger.FAILURE,
        step="load",
        evidence=(f"{STEP}#2",),
        state={"completed": ["prepare"], "failed": ["load"]},
        analysis={"code": "http_404"},
    ),
    _of_plan(ReplanFailed, 6, why="the planner's answer is no plan"),
)
CONTROL_EXAMPLES = (
    _of_plan(CheckpointTaken, 4, name="loaded", at=f"{STEP}#2", snapshot=CONTENT),
    _of_plan(CheckpointForgotten, 5, name="loaded"),
    _of_plan(BreakpointChanged, 5, step="report", on=True),
    _of_plan(
        LoopDetected,
        6,
        found="repetition",
        count=4,
        allowed=3,
        steps=("load",),
        evidence=(f"{STEP}#2", f"{STEP}#5"),
    ),
    _of_plan(
        CompensationBegun,
        8,
        steps=("send", "load"),
        then="cancel",
        reason="asked by ada",
        outcome={"reason": "asked by ada"},
    ),
    _of_plan(CompensationEnded, 9, failed=("send",)),
)
STEP_EXAMPLES = (
    _of_step(StepStarted, 1, bindings={"/params/r": "EU"}),
    _of_step(StepCompleted, 2, output={"count": 12}, duration=0.042, usage=Usage(calls=1)),
    _of_step(StepFailed, 2, error=_REFUSED, duration=0.013),
    _of_step(
        StepRetrying,
        2,
        error=_TIMEOUT,
        delay=timedelta(seconds=1.5),
        due=TIME + timedelta(seconds=1.5),
        duration=30.0,
    ),
    _of_step(
        StepSuspended,
        2,
        waiting=Waiting.PERSON,
        question=Question(prompt="Send the report?", answer_schema={"type": "boolean"}),
    ),
    _of_step(StepSkipped, 1, reason=SkipReason.CONDITION, detail="load.output.count > 0"),
    _of_step(StepCancelled, 2, reason="the plan was cancelled"),
    _of_step(StepReset, 3, reason="rolled back to revision 1", keep=True),
    _of_step(StepAdopted, 4, output={"count": 12}, source=f"{STEP}#2", bindings={"/r": "EU"}),
)
OTHER_EXAMPLES = (
    _made(
        RequestMade,
        request_stream(PLAN),
        1,
        f"{PLAN}#2",
        actor="ada",
        command="pause",
        why="the numbers look wrong",
    ),
    _made(WorkflowPublished, "workflow:sales", 1, "", version="1.0.0", content=CONTENT),
    _made(WorkflowRetired, "workflow:sales", 2, "workflow:sales#1", version="1.0.0"),
)
EXAMPLES: dict[str, Event] = {
    event.kind: event
    for event in (
        *PLAN_EXAMPLES,
        *REVISION_EXAMPLES,
        *CONTROL_EXAMPLES,
        *STEP_EXAMPLES,
        *OTHER_EXAMPLES,
    )
}
"""An event by its kind."""
