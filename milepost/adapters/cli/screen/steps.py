"""Steps: a table of all, and one of them in full."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from milepost.domain.events import ErrorRecord
from milepost.domain.values import Json
from milepost.projections.step_views import StepView

from .marks import mark_of, sign_of
from .tables import pairs, table
from .terminal import clean, one_line
from .times import duration, moment
from .values import brief, readable

_LONGEST_PATH = 44
_LONGEST_NAME = 32


def status_text(state: str, *, unicode: bool) -> Text:
    """Return a state with its mark."""
    return Text().append(f"{sign_of(state, unicode=unicode)} {state}", mark_of(state).style)


def step_table(steps: Iterable[StepView], *, unicode: bool) -> Table:
    """Return steps in file order with their states and times."""
    steps = list(steps)
    named = any(step.label != step.id for step in steps)
    rows: list[list[str | Text]] = [
        [
            status_text(step.shown_as, unicode=unicode),
            one_line(step.path, _LONGEST_PATH),
            *([one_line(step.label, _LONGEST_NAME)] if named else []),
            does(step),
            str(step.attempt or ""),
            duration(step.waited),
            duration(step.ran),
            _outcome(step),
        ]
        for step in steps
    ]
    name = ("name",) if named else ()
    columns = ("status", "step", *name, "does", ">tries", ">waited", ">ran", "outcome")
    return table(columns, rows)


def does(step: StepView) -> str:
    """Return what a step does: the tool that it calls, else its kind."""
    return one_line(step.tool or step.kind.value.replace("_", " "), _LONGEST_NAME)


def step_page(step: StepView, *, unicode: bool) -> Iterator[Table | Text]:
    """Yield one step in full: state, times, input as it was resolved, output or error."""
    yield pairs(_facts(step, unicode=unicode))
    for name, value in (("input", resolved_input(step)), ("output", step.output)):
        if value not in (None, {}):
            yield Text(f"\n{name}", "bold")
            yield Text(readable(value))
    if step.question is not None:
        yield Text("\nasks", "bold")
        yield Text(clean(step.question.prompt))
        if step.question.answer_schema is not None:
            yield Text(f"answer: {brief(step.question.answer_schema, 400)}", "dim")
    if step.error is not None:
        yield Text("\nerror", "bold red")
        yield Text(error_text(step.error))
        stack = _stack(step.error)
        if stack:
            yield Text(f"\n{stack}", "dim")


def error_text(error: ErrorRecord) -> str:
    """Return an error, and its cause on another line unless the error says it.

    Where containers failed because of a step in them, it is the innermost one's.
    """
    while error.cause is not None and error.cause.cause is not None:
        error = error.cause
    text = f"{error.message} [{error.code}]"
    cause = error.cause
    if cause is not None and cause.message not in error.message:
        text += f"\nbecause {cause.message} [{cause.code}]"
    return clean(text)


def resolved_input(step: StepView) -> Json:
    """Return a step's input with each template replaced by what it became."""
    value: Json = copy.deepcopy(step.input)
    for pointer, found in step.bindings.items():
        value = _with(value, pointer, found)
    return value


def _facts(step: StepView, *, unicode: bool) -> Iterator[tuple[str, str | Text]]:
    yield "step", Text(clean(step.path), "bold")
    yield "name", one_line(step.label) if step.label != step.id else ""
    yield "about", one_line(step.description or "")
    yield "kind", step.kind.value.replace("_", " ")
    yield "tool", one_line(step.tool or "")
    yield "status", status_text(step.shown_as, unicode=unicode)
    yield "reason", one_line(step.reason or "")
    yield "waits for", one_line(", ".join(step.depends_on))
    yield "attempt", str(step.attempt or "")
    yield "started", moment(step.started_at)
    yield "ended", moment(step.ended_at)
    yield "due", moment(step.due)
    yield "waited", duration(step.waited)
    yield "ran", duration(step.ran)
    yield "used", used(step.usage.calls, step.usage.input_tokens + step.usage.output_tokens)


def used(calls: int, tokens: int) -> str:
    """Return how many calls and tokens were used, empty for none."""
    parts = [f"{calls} call{'s' if calls != 1 else ''}"] if calls else []
    parts += [f"{tokens} tokens"] if tokens else []
    return ", ".join(parts)


def _outcome(step: StepView) -> Text:
    if step.error is not None:
        return Text(one_line(step.error.message, 70), "red")
    if step.question is not None:
        return Text(one_line(step.question.prompt, 70), "magenta")
    if step.reason:
        return Text(one_line(step.reason, 70), "dim")
    return Text(brief(step.output, 70))


def _stack(error: ErrorRecord) -> str:
    """Return the stack of the innermost error that has one."""
    stack = ""
    cause: ErrorRecord | None = error
    while cause is not None:
        stack = cause.stack or stack
        cause = cause.cause
    return clean(stack.rstrip())


def _with(value: Json, pointer: str, found: Json) -> Json:
    """Return the value with what lies at a JSON pointer replaced; as it is if nothing does."""
    if not pointer:
        return found
    place: Json = value
    *outer, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    for part in outer:
        place = _inner(place, part)
    if isinstance(place, dict) and last in place:
        place[last] = found
    elif isinstance(place, list) and last.isdigit() and int(last) < len(place):
        place[int(last)] = found
    return value


def _inner(place: Json, part: str) -> Json:
    if isinstance(place, dict):
        return place.get(part)
    if isinstance(place, list) and part.isdigit() and int(part) < len(place):
        return place[int(part)]
    return None
