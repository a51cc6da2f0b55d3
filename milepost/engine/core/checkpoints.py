"""Checkpoints: moments of a plan that have a name, taken on request or by the plan's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.events import CheckpointTaken, StepCompleted
from milepost.domain.ids import path_of, static_path
from milepost.domain.snapshots import snapshot_of
from milepost.domain.values import hash_of

if TYPE_CHECKING:
    from .state import PlanState

MOST_CHECKPOINTS = 10_000


def take(state: PlanState, name: str, at: str, *, snapshot: bool = False, why: str = "") -> None:
    """Name a moment; with `snapshot`, of now, the state is stored beside the name."""
    content = None
    if snapshot:
        body = snapshot_of(state.plan, state.steps)
        content = hash_of(body)
        state.contents[content] = body
    state.record(CheckpointTaken, name=name, at=at, snapshot=content, why=why)


def take_due(state: PlanState) -> None:
    """Take the checkpoints that the plan's settings ask for, after what was just decided."""
    policy = state.compiled.settings.checkpoints
    if policy is None or state.plan.ended or len(state.plan.checkpoints) >= MOST_CHECKPOINTS:
        return
    ended = [event for event in state.recorded if isinstance(event, StepCompleted)]
    for event in ended:
        path = path_of(event.originator_id) or ""
        if path in policy.after or static_path(path) in policy.after:
            take(state, free_name(state, f"after {path}"), event.id, why=f"after step {path}")
    if policy.every is not None and state.unmarked >= policy.every:
        name = free_name(state, "auto")
        take(state, name, state.last, why=f"every {policy.every} events")


def free_name(state: PlanState, stem: str) -> str:
    """Return the stem, with a number if the plan has a checkpoint of that name."""
    taken = state.plan.checkpoints
    if stem not in taken and stem != "auto":
        return stem
    number = len(taken) + 1
    while f"{stem} {number}" in taken:
        number += 1
    return f"{stem} {number}"
