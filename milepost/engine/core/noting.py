"""What a plan's state notes of its events: counts that limits are held against, orders, moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from milepost.domain.events import (
    CheckpointTaken,
    CompensationBegun,
    Event,
    LimitReached,
    LoopDetected,
    PlanDrafted,
    PlanForked,
    PlanPaused,
    PlanRecovered,
    PlanRestored,
    PlanResumed,
    PlanRevised,
    PlanRolledBack,
    ReplanBegun,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
)
from milepost.domain.ids import path_of, plan_of, undone_path

from .loop_memory import watch_of

if TYPE_CHECKING:
    from .state import PlanState


def _note_start(state: PlanState, event: StepStarted) -> None:
    """Count a start; a container that goes on, in a fork or at a restored moment, had its own."""
    state.starts += event.cause != state.goes_on
    if state.passed:
        state.passed.discard(path_of(event.originator_id) or "")


def _note_retry(state: PlanState, _event: Event) -> None:
    state.retries += 1


def _note_course(state: PlanState, event: Event) -> None:
    """Note a change of course: steps that end by it have not come to their end since."""
    state.course, state.ended_since = event.id, False


def _note_end(state: PlanState, event: Event) -> None:
    if not state.ended_since:
        path = path_of(event.originator_id)
        is_top = path is not None and "." not in path and undone_path(path) is None
        state.ended_since = is_top and event.cause != state.course


def _note_completion(state: PlanState, event: Event) -> None:
    _note_end(state, event)
    path = path_of(event.originator_id)
    if path is not None:
        state.finished[path] = None


def _note_failure(state: PlanState, event: Event) -> None:
    _note_end(state, event)
    path = path_of(event.originator_id)
    if path is not None:
        state.failed[path] = None


def _note_adoption(state: PlanState, event: StepAdopted) -> None:
    """Note what this plan did; what another one did, or a person gave, is not its to undo."""
    _note_end(state, event)
    if event.source is not None and plan_of(event.source) == state.id:
        _note_completion(state, event)


def _note_reset(state: PlanState, event: Event) -> None:
    path = path_of(event.originator_id)
    if path is not None:
        state.finished.pop(path, None)
        state.passed.discard(path)
        state.failed.pop(path, None)
    if event.originator_version == 1:
        state.goes_on = event.id


def _note_pause(state: PlanState, event: PlanPaused) -> None:
    if event.breakpoint is not None:
        state.passed.add(event.breakpoint)


def _note_limit(state: PlanState, event: LimitReached) -> None:
    state.limit = event.limit


def _note_resumption(state: PlanState, _event: Event) -> None:
    if state.limit is not None:
        state.starts = state.retries = state.replans = 0
        state.limit = None


def _note_undoing(state: PlanState, event: Event) -> None:
    """Count anew when an epoch began, and when a person went on past a limit; hold all again."""
    if state.epoch != state.plan.epoch:
        state.epoch = state.plan.epoch
        state.starts = state.retries = state.replans = 0
    state.passed.clear()
    _note_course(state, event)
    _note_resumption(state, event)


def _note_reopening(state: PlanState, event: PlanRestored | PlanRolledBack | PlanRecovered) -> None:
    """Count anew, and forget what was gone through before somebody had the plan go elsewhere."""
    _note_undoing(state, event)
    state.loop_memory.renew(event.content)
    state.loop_watch = watch_of(state.compiled)


def _note_restoration(state: PlanState, event: PlanRestored) -> None:
    _note_reopening(state, event)
    state.goes_on = event.id


def _note_replan(state: PlanState, _event: Event) -> None:
    state.replans += 1


def _note_content(state: PlanState, event: PlanDrafted | PlanRevised) -> None:
    _note_course(state, event)
    state.loop_memory.turn(event.content)
    state.loop_watch = watch_of(state.compiled)


def _note_circle(state: PlanState, _event: Event) -> None:
    state.loop_memory.renew()


def _note_checkpoint(state: PlanState, _event: Event) -> None:
    state.unmarked = 0


NOTES: dict[type[Event], Callable[[PlanState, Any], None]] = {
    StepStarted: _note_start,
    StepRetrying: _note_retry,
    StepCompleted: _note_completion,
    StepFailed: _note_failure,
    StepAdopted: _note_adoption,
    StepReset: _note_reset,
    StepSkipped: _note_end,
    StepCancelled: _note_end,
    PlanDrafted: _note_content,
    PlanForked: _note_course,
    PlanRevised: _note_content,
    ReplanBegun: _note_replan,
    LoopDetected: _note_circle,
    LimitReached: _note_limit,
    PlanPaused: _note_pause,
    PlanResumed: _note_resumption,
    PlanRestored: _note_restoration,
    PlanRolledBack: _note_reopening,
    PlanRecovered: _note_reopening,
    CompensationBegun: _note_undoing,
    CheckpointTaken: _note_checkpoint,
}
"""What to do about events of a class; of the others there is nothing to note."""
