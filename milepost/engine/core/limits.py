"""The plan's limits: how many starts and retries it may spend, and what follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from milepost.domain.events import LimitReached, PlanPaused
from milepost.domain.plans import Completion, OnLimit, PlanStatus

from .completion import fail_plan

if TYPE_CHECKING:
    from .state import PlanState

MAX_STEPS = "max_steps"
MAX_RETRIES = "max_retries"
MAX_DURATION = "max_execution_time"


def start_allowed(state: PlanState) -> bool:
    """Tell whether one more step may start; if not, the plan fails or pauses by its setting."""
    allowed = state.compiled.settings.max_steps
    if state.starts < allowed:
        return in_time(state)
    reach(state, MAX_STEPS, allowed, state.starts)
    return False


def in_time(state: PlanState) -> bool:
    """Tell whether the plan has time left; if not, it fails."""
    due = deadline(state)
    if due is None or state.now < due:
        return True
    allowed = state.compiled.settings.max_execution_time or timedelta()
    reach(state, MAX_DURATION, allowed.total_seconds(), allowed.total_seconds())
    return False


def retries_left(state: PlanState) -> bool:
    """Tell whether the plan allows one more retry."""
    allowed = state.compiled.settings.max_retries
    return allowed is None or state.retries < allowed


def pauses_at_limit(state: PlanState) -> bool:
    """Tell whether the plan pauses, rather than fails, at a limit on what it may spend."""
    return state.compiled.settings.on_limit is OnLimit.PAUSE


def refuse_retry(state: PlanState) -> None:
    """Fail or pause the plan because a step wants one retry more than there are."""
    if state.limit != MAX_RETRIES:
        reach(state, MAX_RETRIES, state.compiled.settings.max_retries or 0, state.retries)


def reach(state: PlanState, limit: str, allowed: float, reached: float) -> None:
    """Record that a limit is reached, then fail or pause the plan."""
    state.record(LimitReached, limit=limit, allowed=allowed, reached=reached)
    if pauses_at_limit(state) and limit != MAX_DURATION:
        if state.plan.status is PlanStatus.RUNNING:
            state.record(PlanPaused, reason=f"limit {limit} of {allowed:g} reached")
        return
    completion = Completion.TIMEOUT if limit == MAX_DURATION else Completion.ERROR
    code = "timeout" if limit == MAX_DURATION else "limit"
    message = f"the plan reached its limit {limit} of {allowed:g}"
    fail_plan(state, completion, reason=limit, code=code, message=message)


def deadline(state: PlanState) -> datetime | None:
    """Return when the plan runs out of time; None without a limit and while it is paused."""
    plan, allowed = state.plan, state.compiled.settings.max_execution_time
    if allowed is None or plan.begun_at is None or plan.paused_at is not None or state.over:
        return None
    return plan.begun_at + allowed + plan.paused_for
