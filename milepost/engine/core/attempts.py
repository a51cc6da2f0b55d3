"""How a single step begins, ends, fails and is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from milepost.domain.errors import ExpressionError
from milepost.domain.events import (
    ContextChanged,
    ErrorRecord,
    SkipReason,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    Usage,
)
from milepost.domain.expressions import Program
from milepost.domain.plans import Completion
from milepost.domain.policies import RetryPolicy, jittered
from milepost.domain.quoting import quoted
from milepost.domain.values import Json

from .completion import fail_plan
from .limits import pauses_at_limit, refuse_retry, retries_left
from .scopes import scope_of
from .state import Instance, PlanState, latest_event
from .timers import Alarm

INTERRUPTED = "interrupted"
TIMEOUT = "timeout"
UNEXPECTED = "unexpected"
UNWRITTEN = "expression"
"""Code of a plan's failure, of no step, because what one writes cannot be resolved."""


def start(state: PlanState, instance: Instance, bindings: dict[str, Json]) -> None:
    """Record that an attempt begins; working steps take a slot and their resources."""
    step, spec = instance.step, instance.node.spec
    first = step.started_at is None
    state.record_step(
        instance,
        StepStarted,
        cause=instance.cause,
        attempt=step.attempt + 1,
        bindings={} if bindings == step.bindings else bindings,
    )
    if instance.node.works and spec.attempt_timeout is not None:
        state.timers.add(state.now + spec.attempt_timeout, Alarm.ATTEMPT_LIMIT, instance)
    if first and spec.timeout is not None:
        state.timers.add(state.now + spec.timeout, Alarm.STEP_LIMIT, instance)


def adopt(state: PlanState, instance: Instance, bindings: dict[str, Json]) -> bool:
    """Let a step that would do the very same again have the result that it had before."""
    memo = instance.step.memo
    if memo is None or memo.bindings != bindings:
        return False
    state.record_step(
        instance,
        StepAdopted,
        cause=instance.cause,
        output=memo.output,
        source=memo.source,
        bindings=bindings,
    )
    if instance.node.spec.set:
        write_context(state, instance)
    return True


def resolve_input(state: PlanState, instance: Instance) -> dict[str, Json] | None:
    """Resolve the step's input; on an error the step fails and None is returned.

    A later attempt gets the very input of the first.
    """
    template = instance.node.input
    if template is None:
        instance.input = instance.node.spec.input
        return {}
    if instance.step.bindings:
        instance.input = template.fill(instance.step.bindings)
        return instance.step.bindings
    try:
        resolved = template.resolve(scope_of(state, template, instance))
    except ExpressionError as error:
        fail(state, instance, expression_failure(error))
        return None
    instance.input = resolved.value
    return resolved.bindings


def complete(
    state: PlanState,
    instance: Instance,
    output: Json,
    *,
    cause: str = "",
    duration: float | None = None,
    usage: Usage | None = None,
) -> None:
    """Record a step's result, and what it writes to the context.

    The attempt failed after all if the result is not what the step expects.
    """
    expect = instance.node.expect
    error = _unexpected(state, instance, expect, output) if expect is not None else None
    if error is not None:
        attempt_failed(state, instance, error, cause=cause, duration=duration, usage=usage)
        return
    state.record_step(
        instance, StepCompleted, cause=cause, output=output, duration=duration, usage=usage
    )
    if instance.node.spec.set:
        write_context(state, instance)


def fail(
    state: PlanState,
    instance: Instance,
    error: ErrorRecord,
    *,
    cause: str = "",
    duration: float | None = None,
    usage: Usage | None = None,
) -> None:
    """Record a step's final failure."""
    state.record_step(
        instance, StepFailed, cause=cause, error=error, duration=duration, usage=usage
    )


def skip(state: PlanState, instance: Instance, reason: SkipReason, detail: str) -> None:
    """Record that a step will not run."""
    state.record_step(instance, StepSkipped, cause=instance.cause, reason=reason, detail=detail)


def cancel(state: PlanState, instance: Instance, reason: str) -> None:
    """Record that a started step was stopped."""
    state.record_step(instance, StepCancelled, reason=reason)


def attempt_failed(
    state: PlanState,
    instance: Instance,
    error: ErrorRecord,
    *,
    cause: str = "",
    randomness: float = 1.0,
    recorded: timedelta | None = None,
    duration: float | None = None,
    usage: Usage | None = None,
) -> None:
    """Try a step again if its policy, its time limit and the plan's limits allow, else fail it."""
    cause = cause or latest_event(instance.step)
    delay = _delay(instance, error, randomness, recorded)
    if delay is not None and _beyond_limit(instance, state.now + delay):
        error = step_timeout(instance, cause=error)
        delay = None
    refused = delay is not None and not retries_left(state)
    if delay is None or (refused and not pauses_at_limit(state)):
        fail(state, instance, error, cause=cause, duration=duration, usage=usage)
    else:
        due = state.now + delay
        state.record_step(
            instance,
            StepRetrying,
            cause=cause,
            error=error,
            delay=delay,
            due=due,
            duration=duration,
            usage=usage,
        )
        instance.cause = state.cause
        state.timers.add(due, Alarm.WAKE, instance)
    if refused:
        refuse_retry(state)


def _unexpected(
    state: PlanState, instance: Instance, expect: Program, output: Json
) -> ErrorRecord | None:
    """Return the error of a result that is not what the step expects."""
    try:
        if expect.evaluate(scope_of(state, expect, instance, output=output)):
            return None
        problem = f"`{expect.source}` does not hold of what it gave"
    except ExpressionError as error:
        problem = str(error)
    message = f"step {instance.path!r}: {problem}: {quoted(output)}"
    return ErrorRecord(code=UNEXPECTED, message=message, retryable=False)


def step_timeout(instance: Instance, cause: ErrorRecord | None = None) -> ErrorRecord:
    """Return the error of a step that ran out of its time."""
    limit = instance.node.spec.timeout or timedelta()
    message = f"step {instance.path!r} took longer than its timeout of {limit.total_seconds():g} s"
    return ErrorRecord(kind=TIMEOUT, code=TIMEOUT, message=message, retryable=False, cause=cause)


def attempt_timeout(instance: Instance) -> ErrorRecord:
    """Return the error of an attempt that ran out of its time."""
    limit = instance.node.spec.attempt_timeout or timedelta()
    message = (
        f"attempt {instance.step.attempt} of step {instance.path!r} took longer than "
        f"{limit.total_seconds():g} s"
    )
    return ErrorRecord(kind=TIMEOUT, code=TIMEOUT, message=message)


def expression_failure(error: ExpressionError) -> ErrorRecord:
    """Return the record of an expression that could not be resolved."""
    return ErrorRecord(kind=error.kind, code=error.kind, message=str(error), retryable=False)


def write_context(state: PlanState, instance: Instance) -> None:
    """Record what the step writes to the context; the plan fails if that cannot be resolved."""
    problem = written(state, instance)
    if problem is not None:
        fail_unwritten(state, problem)


def written(state: PlanState, instance: Instance) -> str | None:
    """Record what the step writes to the context; return why not, if it cannot be resolved."""
    template = instance.node.writes
    values: dict[str, Json] = instance.node.spec.set
    if template is not None:
        try:
            scope = scope_of(state, template, instance)
            values = cast("dict[str, Json]", template.resolve(scope).value)
        except ExpressionError as error:
            return f"`set` of step {instance.path!r}: {error}"
    state.record(ContextChanged, changes=values, step=instance.path)
    return None


def fail_unwritten(state: PlanState, problem: str) -> None:
    """Fail the plan because what a step writes to the context cannot be resolved."""
    fail_plan(state, Completion.ERROR, reason="error", code=UNWRITTEN, message=problem)


def _delay(
    instance: Instance,
    error: ErrorRecord,
    randomness: float,
    recorded: timedelta | None,
) -> timedelta | None:
    """Return how long to wait before the next attempt, None for no further attempt."""
    node, attempt = instance.node, instance.step.attempt
    interrupted = error.kind == INTERRUPTED and error.step is None
    policy = node.policy
    if interrupted:
        allowed = node.attempts_allowed
    elif policy is not None and policy.retries(error.code, retryable=error.retryable):
        allowed = policy.max_attempts
    else:
        return None
    if attempt >= allowed:
        return None
    if interrupted or policy is None:
        return timedelta()
    return _policy_delay(policy, attempt, randomness, recorded)


def _policy_delay(
    policy: RetryPolicy, attempt: int, randomness: float, recorded: timedelta | None
) -> timedelta:
    longest = policy.delay_after(attempt)
    if not policy.jitter:
        return longest
    if recorded is not None and jittered(longest, 0.0) <= recorded <= longest:
        return recorded
    return jittered(longest, randomness)


def _beyond_limit(instance: Instance, due: datetime) -> bool:
    limit, started = instance.node.spec.timeout, instance.step.started_at
    return limit is not None and started is not None and due >= started + limit
