"""The next time that a plan waits for, in the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import anyio
from anyio.abc import TaskGroup

from .world import Clock


class Alarm:
    """Calls `ring` when a time has come; for the earliest of all times that it was set to.

    One that rings too early does no harm: who is woken looks at the time by itself.
    """

    def __init__(self, clock: Clock, ring: Callable[[], Awaitable[None]]) -> None:
        self._clock = clock
        self._ring = ring
        self._due: datetime | None = None
        self._scope: anyio.CancelScope | None = None

    @property
    def is_set(self) -> bool:
        """Whether it will ring."""
        return self._scope is not None

    def set(self, due: datetime | None, tasks: TaskGroup) -> None:
        """Have it ring at a time, if that is earlier than the one that it is set to."""
        if due is None or (self._due is not None and self._due <= due):
            return
        if self._scope is not None:
            self._scope.cancel()
        self._due = due
        self._scope = anyio.CancelScope()
        tasks.start_soon(self._keep_time, due, self._scope)

    async def _keep_time(self, due: datetime, scope: anyio.CancelScope) -> None:
        with scope:
            while self._clock.now() < due:
                await self._clock.sleep_until(due)
            self._due = self._scope = None
            await self._ring()
