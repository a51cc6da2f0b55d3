"""What each event says, in a few words, and how much it matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from milepost.domain.plans import LogLevel
from milepost.projections.codes import unversioned
from milepost.projections.views import EventView

from .course_sentences import COURSE_SENTENCES, Data
from .terminal import one_line
from .times import duration
from .values import brief, json_line

LONGEST = 160
LEVELS = tuple(LogLevel)
"""From the least to the most important."""
_LEVELS = {
    "plan.failed": LogLevel.CRITICAL,
    "step.failed": LogLevel.ERROR,
    "step.retrying": LogLevel.WARNING,
    "step.cancelled": LogLevel.WARNING,
    "plan.limit_reached": LogLevel.WARNING,
    "plan.cancelled": LogLevel.WARNING,
    "plan.owner_changed": LogLevel.WARNING,
    "plan.drafted": LogLevel.DEBUG,
    "plan.decision_recorded": LogLevel.DEBUG,
    "plan.context_changed": LogLevel.DEBUG,
    "step.skipped": LogLevel.DEBUG,
    "request.made": LogLevel.TRACE,
    "plan.request_answered": LogLevel.TRACE,
}


def level_of(event: EventView) -> LogLevel:
    """Return the level of an event as a line of a log."""
    if event.kind.startswith("plan.compensation_ended") and event.data.get("failed"):
        return LogLevel.ERROR
    return _LEVELS.get(unversioned(event.kind), LogLevel.INFORMATION)


def sentence(event: EventView) -> str:
    """Return what an event says, on one line."""
    kind = unversioned(event.kind)
    told = _SENTENCES.get(kind)
    text = told(event.data) if told else kind.rpartition(".")[2].replace("_", " ")
    return one_line(text, LONGEST)


def _ended(word: str, data: Data) -> str:
    seconds = data.get("duration")
    return f"{word} in {duration(timedelta(seconds=seconds))}" if seconds is not None else word


def _error(data: Data) -> str:
    """Return what went wrong, without the containers that failed because of a step in them."""
    error = data.get("error") or {}
    while (cause := error.get("cause")) and cause.get("cause"):
        error = cause
    return f"{error.get('message', 'no message')} [{error.get('code', 'error')}]"


def _drafted(data: Data) -> str:
    name = data.get("workflow") or data.get("name") or "without a name"
    inputs = data.get("inputs") or {}
    return f"drafted: {name}, inputs {json_line(inputs)}" if inputs else f"drafted: {name}"


def _started(data: Data) -> str:
    attempt = data.get("attempt", 1)
    return "started" if attempt == 1 else f"started attempt {attempt}"


def _completed(data: Data) -> str:
    output = data.get("output")
    told = _ended("completed", data)
    return told if output is None else f"{told}: {brief(output, LONGEST)}"


def _retrying(data: Data) -> str:
    return f"tries again after a failure: {_error(data)}"


def _suspended(data: Data) -> str:
    if data.get("waiting") == "time":
        return f"waits until {data.get('due')}"
    prompt = (data.get("question") or {}).get("prompt", "")
    return f"waits for {data.get('waiting')}: {prompt}"


def _skipped(data: Data) -> str:
    return f"skipped: {data.get('detail') or data.get('reason')}"


def _decision(data: Data) -> str:
    chosen = data.get("chosen")
    told = chosen if isinstance(chosen, str) else json_line(chosen)
    return f"{data.get('what')}: {told}; {data.get('why')}"


def _limit(data: Data) -> str:
    return f"limit {data.get('limit')} of {data.get('allowed')} reached"


def _context(data: Data) -> str:
    changes = data.get("changes")
    return f"context: {json_line(changes)}" if changes else "writes nothing to the context"


def _reset(data: Data) -> str:
    if not data.get("keep"):
        return _with_reason("to run again")(data)
    return f"{data.get('reason')}: kept only if its input stays the same"


def _plan_completed(data: Data) -> str:
    completion = data.get("completion")
    missing = ", ".join(data.get("missing", ()))
    told = "plan completed" if completion in (None, "success") else f"plan ended, {completion}"
    return f"{told}; missing: {missing}" if missing else told


def _owner(data: Data) -> str:
    cut = ", ".join(data.get("interrupted", {}))
    told = f"{data.get('reason')} by {data.get('owner')}"
    return f"{told}; cut off: {cut}" if cut else told


def _request(data: Data) -> str:
    step = data.get("arguments", {}).get("step")
    told = f"asked to {data.get('command')}" + (f" {step}" if step else "")
    return f"{told}: {data['why']}" if data.get("why") else told


def _answered(data: Data) -> str:
    return "request accepted" if data.get("accepted") else f"request refused: {data.get('why')}"


def _with_reason(word: str) -> Callable[[Data], str]:
    return lambda data: f"{word}: {data['reason']}" if data.get("reason") else word


_SENTENCES: dict[str, Callable[[Data], str]] = COURSE_SENTENCES | {
    "plan.drafted": _drafted,
    "plan.started": lambda data: f"plan started, {data.get('strategy')}",
    "plan.paused": _with_reason("plan paused"),
    "plan.resumed": _with_reason("plan goes on"),
    "plan.completed": _plan_completed,
    "plan.failed": lambda data: f"plan failed: {_error(data)}",
    "plan.cancelled": _with_reason("plan cancelled"),
    "plan.decision_recorded": _decision,
    "plan.limit_reached": _limit,
    "plan.context_changed": _context,
    "plan.owner_changed": _owner,
    "plan.request_answered": _answered,
    "step.started": _started,
    "step.completed": _completed,
    "step.failed": lambda data: f"{_ended('failed', data)}: {_error(data)}",
    "step.retrying": _retrying,
    "step.suspended": _suspended,
    "step.skipped": _skipped,
    "step.cancelled": _with_reason("cancelled"),
    "step.reset": _reset,
    "request.made": _request,
}
