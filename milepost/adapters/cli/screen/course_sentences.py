"""What events say that change a plan's course: revisions, going back, forks, stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Data = Mapping[str, Any]


def _revised(data: Data) -> str:
    told = f"revision {data.get('number')}: {data.get('strategy')}, {data.get('trigger')}"
    return _with(told, data.get("why"))


def _recovered(data: Data) -> str:
    steps = ", ".join(data.get("steps", ()))
    told = f"goes on: {data.get('strategy')}" + (f" {steps}" if steps else "")
    return _with(told, data.get("reason"))


def _restored(data: Data) -> str:
    named = data.get("checkpoint")
    return f"restored to checkpoint {named}" if named else f"restored to {data.get('at')}"


def _forked(data: Data) -> str:
    replaced = ", ".join(data.get("replaced", ()))
    told = f"forked from {data.get('parent')} after {data.get('at')}"
    return f"{told}; other results: {replaced}" if replaced else told


def _checkpoint(data: Data) -> str:
    kept = ", with a snapshot" if data.get("snapshot") else ""
    return _with(f"checkpoint {data.get('name')} at {data.get('at')}{kept}", data.get("why"))


def _breakpoint(data: Data) -> str:
    return f"pauses before {data.get('step')}" if data.get("on") else "pauses here no longer"


def _replan(data: Data) -> str:
    step = f" of {data['step']}" if data.get("step") else ""
    return f"asks for another plan, replan {data.get('number')}: {data.get('trigger')}{step}"


def _loop(data: Data) -> str:
    steps = ", ".join(data.get("steps", ()))
    told = f"goes round in circles, {data.get('found')}: {data.get('count')} times"
    return f"{told}, {steps}" if steps else told


def _undoing(data: Data) -> str:
    return f"undoes {', '.join(data.get('steps', ()))}: {data.get('reason')}"


def _undone(data: Data) -> str:
    failed = ", ".join(data.get("failed", ()))
    return f"could not undo {failed}" if failed else "all is undone"


def _with(told: str, why: str | None) -> str:
    return f"{told}; {why}" if why else told


COURSE_SENTENCES: dict[str, Callable[[Data], str]] = {
    "plan.revised": _revised,
    "plan.rolled_back": lambda data: f"rolled back to revision {data.get('to')}",
    "plan.restored": _restored,
    "plan.recovered": _recovered,
    "plan.forked": _forked,
    "plan.checkpoint_taken": _checkpoint,
    "plan.checkpoint_forgotten": lambda data: f"no checkpoint {data.get('name')} any more",
    "plan.breakpoint_changed": _breakpoint,
    "plan.replan_begun": _replan,
    "plan.replan_failed": lambda data: f"no usable other plan: {data.get('why')}",
    "plan.loop_detected": _loop,
    "plan.compensation_begun": _undoing,
    "plan.compensation_ended": _undone,
    "step.adopted": lambda data: (
        f"adopted from {data['source']}" if data.get("source") else "given"
    ),
}
