"""A plan that this process carries out: its actor at work, and what stopped it, if anything."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import anyio

from milepost.domain.census import result_of
from milepost.domain.errors import FenceError, MilepostError, StoreError
from milepost.domain.events import Event
from milepost.domain.plans import PlanResult

from .actor import PlanActor

_LOG = logging.getLogger(__name__)


class Running:
    """One plan under way here; `rested` is set once its actor does nothing more."""

    def __init__(self, actor: PlanActor) -> None:
        self.actor = actor
        self.rested = anyio.Event()
        self.error: MilepostError | None = None

    async def carry_out(self, durable: Sequence[Event], rest: Sequence[Sequence[Event]]) -> None:
        """Have the plan carried out until it rests; keep what stops it for those who wait.

        No other plan of this process is stopped by that.
        """
        plan = self.actor.id
        try:
            await self._work(durable, rest)
        except BaseException:
            self.error = StoreError(f"plan {plan}: the store was closed before it rested")
            raise
        if self.error is None and not self.actor.rests:
            self.error = StoreError(
                f"plan {plan}: it does not rest, and nothing of it is under way; this is a fault "
                f"of Milepost's. `milepost resume {plan}` looks at it again"
            )

    def displace(self) -> None:
        """Stop carrying the plan out: another process has taken it over."""
        self.error = FenceError(f"plan {self.actor.id}: another process has taken it over")
        self.actor.stop()

    async def _work(self, durable: Sequence[Event], rest: Sequence[Sequence[Event]]) -> None:
        plan = self.actor.id
        try:
            await self.actor.run(durable, rest)
        except* MilepostError as group:
            self.error = _first(group)
        except* Exception as group:  # noqa: BLE001 - told to whoever waits for the plan
            problem = _innermost(group)
            _LOG.exception("plan %s was stopped", plan)
            self.error = StoreError(
                f"plan {plan}: it was stopped by {type(problem).__name__}: {problem}; "
                f"`milepost resume {plan}` carries it on"
            )

    async def result(self) -> PlanResult:
        """Wait until the plan ended or paused; return what came of it, raise what stopped it."""
        await self.rested.wait()
        if self.error is not None:
            raise self.error
        state = self.actor.state
        return result_of(state.plan, state.compiled.spec, state.steps)


def _first(group: BaseExceptionGroup[MilepostError]) -> MilepostError:
    error = _innermost(group)
    return error if isinstance(error, MilepostError) else StoreError(str(error))


def _innermost(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group
