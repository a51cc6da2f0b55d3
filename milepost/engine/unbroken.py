"""Work that goes on to its end though whoever waits for it is cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from milepost.domain.errors import StoreError

T = TypeVar("T")


class _Work(Generic[T]):
    """One call, and what came of it."""

    def __init__(self, function: Callable[[], Awaitable[T]]) -> None:
        self._function = function
        self._done = anyio.Event()
        self._results: list[T] = []
        self._error: Exception | None = None

    async def do(self) -> None:
        try:
            self._results.append(await self._function())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        finally:
            self._done.set()

    async def wait(self) -> T:
        try:
            await self._done.wait()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._done.wait()
            raise
        if self._error is not None:
            raise self._error
        if not self._results:
            raise StoreError("the store was closed meanwhile; open it again")
        return self._results[0]


async def unbroken(tasks: TaskGroup, function: Callable[[], Awaitable[T]]) -> T:
    """Do it in a task of its own and return the result.

    What a store was asked to save cannot be taken back: a caller that is cancelled waits until
    what follows from it is done, too, and is cancelled then.
    """
    work = _Work(function)
    tasks.start_soon(work.do)
    return await work.wait()
