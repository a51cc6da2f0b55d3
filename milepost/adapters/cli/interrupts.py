"""Ctrl-C while a plan runs: once cancels the plan on record, twice leaves it to be resumed."""

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
    """Counts how often Ctrl-C was pressed while a plan ran."""

    def __init__(self, milepost: Milepost) -> None:
        self._milepost = milepost
        self.plan: str | None = None
        """The plan to be cancelled; until it is known, Ctrl-C ends the block at once."""
        self.count = 0

    @asynccontextmanager
    async def caught(self) -> AsyncIterator[None]:
        """Catch Ctrl-C for the length of a block; the second one ends the block."""
        import anyio

        async with anyio.create_task_group() as tasks:
            await tasks.start(self._listen, tasks)
            yield
            tasks.cancel_scope.cancel()

    async def _listen(
        self, tasks: anyio.abc.TaskGroup, *, task_status: anyio.abc.TaskStatus[None]
    ) -> None:
        import anyio

        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            task_status.started()
            async for _signal in signals:
                self.count += 1
                if self.count > 1 or self.plan is None:
                    tasks.cancel_scope.cancel()
                    return
                sys.stderr.write("cancelling the plan; Ctrl-C again leaves it to be resumed\n")
                tasks.start_soon(self._cancel, self.plan)

    async def _cancel(self, plan: str) -> None:
        """Ask for the plan's cancellation; it may have ended meanwhile."""
        try:
            await self._milepost.cancel(plan, why=WHY)
        except RefusedError:
            return
