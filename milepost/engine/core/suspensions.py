"""Steps that wait: for a time or for a person; and what a response step answers."""

from __future__ import annotations

from datetime import UTC, datetime

from milepost.domain.durations import parse_duration
from milepost.domain.errors import ExpressionError, ValidationError
from milepost.domain.events import Question, StepSuspended, Waiting
from milepost.domain.values import Json

from .attempts import adopt, expression_failure, fail, resolve_input, start
from .scopes import scope_of
from .state import Instance, PlanState
from .timers import Alarm


def wait(state: PlanState, instance: Instance) -> None:
    """Begin a wait step: it ends by itself at its time."""
    if instance.node.wait is None and adopt(state, instance, {}):
        return
    spec, template = instance.node.spec, instance.node.wait
    written = spec.wait_for if spec.wait_for is not None else spec.wait_until
    try:
        value: object = written
        if template is not None:
            value = template.resolve(scope_of(state, template, instance)).value
        due = state.now + parse_duration(value) if spec.wait_for is not None else _time(value)
    except (ExpressionError, ValidationError) as error:
        problem = error if isinstance(error, ExpressionError) else ExpressionError(str(error))
        fail(state, instance, expression_failure(problem), cause=instance.cause)
        return
    start(state, instance, {})
    state.record_step(instance, StepSuspended, waiting=Waiting.TIME, due=due)
    state.timers.add(due, Alarm.WAKE, instance)


def ask(state: PlanState, instance: Instance) -> None:
    """Begin a user-input step: it ends when somebody answers."""
    bindings = resolve_input(state, instance)
    if bindings is None or adopt(state, instance, bindings):
        return
    start(state, instance, bindings)
    given = instance.input if isinstance(instance.input, dict) else {"prompt": instance.input}
    prompt = given.get("prompt", given.get("input", ""))
    assignee = given.get("assignee")
    question = Question(
        prompt=prompt if isinstance(prompt, str) else str(prompt),
        answer_schema=given.get("schema"),
        assignee=assignee if isinstance(assignee, str) else None,
        show=given.get("show"),
    )
    state.record_step(instance, StepSuspended, waiting=Waiting.PERSON, question=question)


def response_of(given: Json) -> Json:
    """Return what a response step answers: its input, or the one text in it."""
    if isinstance(given, dict) and len(given) == 1:
        name, value = next(iter(given.items()))
        if name in ("input", "text"):
            return value
    return given


def _time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValidationError(
            f"{value!r} is not a time", mend="write it like 2026-01-31T09:00:00+01:00"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
