"""Ctrl-C while plans run: once cancels them on record, twice leaves them to be resumed."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from milepost.domain.errors import RefusedError

if TYPE_CHECKING:
    import anyio

    from milepost import Milepost

WHY = "interrupted by Ctrl-C"


class Interrupts:
    """Counts how often Ctrl-C was pressed while plans ran."""

    def __init__(self, milepost: Milepost) -> None:
        self._milepost = milepost
        self.plans: list[str] = []
        """The plans to be cancelled; until one is known, Ctrl-C ends the block at once."""
        self.count = 0
        self._tasks: anyio.abc.TaskGroup | None = None

    def note(self, plan: str) -> None:
        """Note a plan that is carried out here; after Ctrl-C it is cancelled right away."""
        if plan not in self.plans:
            self.plans.append(plan)
            if self.count and self._tasks is not None:
                self._tasks.start_soon(self._cancel, plan)

    @asynccontextmanager
    async def caught(self) -> AsyncIterator[None]:
        """Catch Ctrl-C for the length of a block; the second one ends the block."""
        import anyio

        async with anyio.create_task_group() as self._tasks:
            await self._tasks.start(self._listen, self._tasks)
            yield
            self._tasks.cancel_scope.cancel()

    async def _listen(
        self, tasks: anyio.abc.TaskGroup, *, task_status: anyio.abc.TaskStatus[None]
    ) -> None:
        import anyio

        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            task_status.started()
            async for _signal in signals:
                self.count += 1
                if self.count > 1 or not self.plans:
                    tasks.cancel_scope.cancel()
                    return
                sys.stderr.write("cancelling the plan; Ctrl-C again leaves it to be resumed\n")
                for plan in self.plans:
                    tasks.start_soon(self._cancel, plan)

    async def _cancel(self, plan: str) -> None:
        """Ask for the plan's cancellation; it may have ended meanwhile."""
        try:
            await self._milepost.cancel(plan, why=WHY)
        except RefusedError:
            return
