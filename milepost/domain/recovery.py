"""How a plan that failed goes on when it is recovered."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class RecoveryStrategy(StrEnum):
    """How a plan that failed, or was cut off, goes on."""

    RESUME = "resume"
    RESTART = "restart"
    SKIP = "skip"
    REPLAN = "replan"
    ABORT = "abort"


class OnEffects(StrEnum):
    """What becomes of finished steps that may have changed the world and would be taken back."""

    REFUSE = "refuse"
    ACCEPT = "accept"
    COMPENSATE = "compensate"


class RecoveryPolicy(BaseModel):
    """What recovering the plan does unless it is told otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    strategy: RecoveryStrategy = RecoveryStrategy.RESUME
    effects: OnEffects = OnEffects.REFUSE
    """What becomes of finished steps that may have changed the world and would be taken back."""
