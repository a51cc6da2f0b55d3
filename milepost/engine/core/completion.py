"""When a plan has come to its end, and to which: the completion checker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from milepost.domain.events import (
    ErrorRecord,
    Event,
    PlanCancelled,
    PlanCompleted,
    PlanFailed,
    PlanPaused,
    SkipReason,
    StepCancelled,
)
from milepost.domain.ids import undone_path
from milepost.domain.plans import Completion, PlanStatus
from milepost.domain.steps import StepStatus

from .state import below

if TYPE_CHECKING:
    from .state import Instance, PlanState


class Ending(NamedTuple):
    """How a plan is to end once what can be undone is undone; `fields` are its event's."""

    then: str
    reason: str
    fields: dict[str, Any]


ENDINGS: dict[str, type[Event]] = {
    "fail": PlanFailed,
    "cancel": PlanCancelled,
    "pause": PlanPaused,
}
MOST_OUTPUTS = 100
"""A plan with more last steps than this has no single final output."""


def conclude(state: PlanState) -> None:
    """End the plan if no further step can start; pause it if it only waits for a person.

    A plan that is held with nothing left to do ends once it is resumed.
    """
    plan, root = state.plan, state.root
    if plan.ended or root is None or state.settled:
        return
    if root.open and not state.asking:
        return
    held = plan.status is PlanStatus.PAUSED and not state.all_ended
    if state.failures or plan.replanning is not None or _is_undone(state):
        return
    if root.open == 0 and plan.compensation is None and not held:
        _all_done(state)
    elif plan.status is PlanStatus.RUNNING and state.only_asking():
        waiting = tuple(state.asking)
        state.record(PlanPaused, reason="waiting for an answer", waiting=waiting)


def _is_undone(state: PlanState) -> bool:
    """Tell whether the plan is paused with finished steps undone: it waits for what is next."""
    return state.plan.status is PlanStatus.PAUSED and any(
        step.status is StepStatus.COMPLETED and undone_path(path) is not None
        for path, step in state.steps.items()
    )


def complete_by(state: PlanState, instance: Instance, reason: str) -> None:
    """End the plan because a step did that ends it: a response, or a step marked final."""
    cancel_active(state, f"the plan ended with step {instance.path!r}")
    state.record(PlanCompleted, reason=reason, output_of=(instance.path,))


def fail_plan(
    state: PlanState,
    completion: Completion,
    *,
    reason: str,
    code: str,
    message: str,
    cause: Instance | None = None,
) -> None:
    """Stop what runs and end the plan as failed; results of finished steps stay.

    A plan that undoes its steps goes on with that, and then ends as it was to.
    """
    if state.plan.compensation is not None:
        return
    cancel_active(state, reason)
    error = ErrorRecord(
        kind="timeout" if completion is Completion.TIMEOUT else "execution",
        code=code,
        message=message,
        retryable=False,
        step=cause.path if cause else None,
        cause=cause.step.error if cause else None,
    )
    end(
        state,
        Ending(
            "fail",
            message,
            {
                "completion": completion.value,
                "reason": reason,
                "error": error.model_dump(mode="json", exclude_defaults=True),
                "missing": list(missing(state)),
            },
        ),
    )


def end(state: PlanState, ending: Ending) -> None:
    """End the plan, or note that it ends once its finished steps are undone."""
    if state.compiled.compensates:
        state.ending = ending
    else:
        state.record(ENDINGS[ending.then], **ending.fields)


def stop_on_failure(state: PlanState, failed: Instance) -> None:
    """End the plan because a step failed and the plan stops on the first failure."""
    error = failed.step.error
    what = f"failed: {error.message}" if error else f"could not run: {failed.step.reason}"
    fail_plan(
        state,
        Completion.ERROR,
        reason="error",
        code=error.code if error else "blocked",
        message=f"step {failed.path!r} {what}",
        cause=failed,
    )


def cancel_active(state: PlanState, reason: str) -> None:
    """Cancel every started step, the newest first, so that children go before containers."""
    for instance in reversed(list(state.active.values())):
        state.record_step(instance, StepCancelled, reason=reason)
    state.settled.clear()
    state.unblocked.clear()


def cancel_below(state: PlanState, owner: Instance, reason: str) -> None:
    """Cancel all started steps below a container, children before their own container."""
    for child in reversed(list(below(owner))):
        if state.active.get(child.path) is child:
            state.record_step(child, StepCancelled, reason=reason)


def missing(state: PlanState) -> tuple[str, ...]:
    """Return the paths of top-level steps that failed or were skipped for a failed one."""
    frame = state.root
    instances = frame.instances.values() if frame else ()
    return tuple(instance.path for instance in instances if _is_missing(instance))


def _all_done(state: PlanState) -> None:
    lacking = missing(state)
    frame = state.root
    instances = frame.instances if frame else {}
    sinks = [instances[node.spec.id] for node in state.compiled.sinks]
    done = tuple(one.path for one in sinks if one.step.status is StepStatus.COMPLETED)
    outputs = done if len(done) <= MOST_OUTPUTS else ()
    if not lacking:
        state.record(PlanCompleted, reason="all_done", output_of=outputs)
    elif any(one.step.status is StepStatus.COMPLETED for one in instances.values()):
        state.record(
            PlanCompleted,
            completion=Completion.PARTIAL,
            reason="all_done",
            output_of=outputs,
            missing=lacking,
        )
    else:
        lost = [one for one in instances.values() if _is_missing(one)]
        failed = next((one for one in lost if one.step.status is StepStatus.FAILED), lost[0])
        stop_on_failure(state, failed)


def _is_missing(instance: Instance) -> bool:
    step = instance.step
    return step.status in (StepStatus.FAILED, StepStatus.CANCELLED) or (
        step.skipped is SkipReason.BLOCKED
    )
