"""Taking steps back: cancelled if they are under way, then pending again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from milepost.domain.events import ContextChanged, StepCancelled, StepReset
from milepost.domain.ids import StepPath, path_of, undo_path
from milepost.domain.steps import StepStatus
from milepost.domain.values import Json

if TYPE_CHECKING:
    from milepost.domain.aggregates import Step

    from .state import PlanState

_NOTHING: Mapping[StepPath, dict[str, Json]] = {}
_UNDER_WAY = frozenset({StepStatus.RUNNING, StepStatus.SUSPENDED, StepStatus.RETRYING})


def take_back(
    state: PlanState,
    paths: Iterable[StepPath],
    reason: str,
    *,
    cause: str,
    keep: Collection[StepPath] = (),
    held: Mapping[StepPath, dict[str, Json]] = _NOTHING,
) -> None:
    """Reset the steps at `paths`. `derive` is to follow.

    What is under way is cancelled first, children before the container that they are in.
    Those in `keep` may adopt the result that they have, and containers in `held` go by what they
    had decided. What undid a step is reset with it: should
    the step run again, it may have to be undone again.
    """
    steps = [step for path in paths for step in _with_undoing(state, path)]
    for step in reversed(steps):
        if step.status in _UNDER_WAY:
            state.record_aside(step, StepCancelled.trusted, cause=cause, reason=reason)
    for step in steps:
        path = path_of(step.id)
        kept = path in keep
        if step.status is not StepStatus.PENDING or (step.memo is not None and not kept):
            decided = held.get(path, {}) if path is not None else {}
            state.record_aside(
                step, StepReset.trusted, cause=cause, reason=reason, keep=kept, bindings=decided
            )


def reset_inside(state: PlanState, owner: StepPath, reason: str, *, cause: str = "") -> None:
    """Reset what moved in a container, also where it has not come into being again.

    So it is with finished steps that a container kept when it was to begin anew. What is under
    way must have been reset before.
    """
    places = (f"{owner}.", f"{owner}[")
    for path in sorted(path for path in state.steps if path.startswith(places)):
        step = state.steps[path]
        if step.status is not StepStatus.PENDING:
            state.record_aside(step, StepReset.trusted, cause=cause, reason=reason)


def introduce_names(state: PlanState, cause: str) -> None:
    """Give the context what the content begins with and the context does not have."""
    known = state.plan.context
    new = {key: value for key, value in state.compiled.spec.context.items() if key not in known}
    if new:
        state.cause = cause
        state.record(ContextChanged, changes=new)


def _with_undoing(state: PlanState, path: StepPath) -> Iterable[Step]:
    step = state.steps.get(path)
    if step is not None:
        yield step
        undoing = state.steps.get(undo_path(path))
        if undoing is not None and undoing.status is not StepStatus.PENDING:
            yield undoing
