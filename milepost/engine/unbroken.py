"""Work that goes on to its end though whoever waits for it is cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from milepost.domain.errors import StoreError

T = TypeVar("T")
U = TypeVar("U")


async def unbroken(
    tasks: TaskGroup, function: Callable[[], Awaitable[T]], then: Callable[[T], U]
) -> U:
    """Do it in a task of its own, `then` what is to follow at once; return what that gives.

    What a store was asked to save cannot be taken back: a caller that is cancelled waits until
    what follows from it is done, too, and is cancelled then. A caller that is not has the floor
    right after what follows: nothing happens in between.
    """
    work = _Work(function, then)
    tasks.start_soon(work.do)
    return await work.wait()


class _Work(Generic[T, U]):
    """One call and what follows it, which is done once: by who waits, or in place of him."""

    def __init__(self, function: Callable[[], Awaitable[T]], then: Callable[[T], U]) -> None:
        self._function = function
        self._then = then
        self._done, self._over = anyio.Event(), anyio.Event()
        self._is_left = False
        self._gave: list[T] = []
        self._followed: list[U] = []
        self._error: Exception | None = None

    async def do(self) -> None:
        try:
            self._gave.append(await self._function())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        finally:
            self._done.set()
            if self._is_left:
                self._follow()
            self._over.set()

    async def wait(self) -> U:
        try:
            await self._done.wait()
        except anyio.get_cancelled_exc_class():
            if self._done.is_set():
                self._follow()
            self._is_left = True
            with anyio.CancelScope(shield=True):
                await self._over.wait()
            raise
        self._follow()
        if self._error is not None:
            raise self._error
        if not self._followed:
            raise StoreError("the store was closed meanwhile; open it again")
        return self._followed[0]

    def _follow(self) -> None:
        if self._gave and not self._followed:
            self._followed.append(self._then(self._gave[0]))
