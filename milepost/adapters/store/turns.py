"""The turns of an event loop, as the committer needs them, for asyncio and for trio.

anyio has no callback at the end of a turn, and its events cost four times an asyncio future;
both are on the path of every save.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    import trio

T = TypeVar("T")
Call: TypeAlias = Callable[[Callable[[], object]], object]


class Promise(Protocol[T]):
    """One value that a task waits for; a waiter that was cancelled misses it."""

    def resolve(self, value: T) -> None:
        """Give the value and wake the waiter; call it in the loop's thread."""

    async def wait(self) -> T:
        """Return the value once it is there."""


class Turns(Protocol):
    """Callbacks into the running event loop."""

    def promise(self) -> Promise[T]:
        """Return a promise for a task of this loop."""

    @property
    def soon(self) -> Call:
        """What calls a function after what is ready now; for the loop's own thread."""

    @property
    def from_thread(self) -> Call:
        """What calls a function in the loop's thread; for any other thread."""

    async def turn(self) -> None:
        """Let everything else that is ready now go first."""

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        """Call the function after a while; call this in the loop's thread."""


def current_turns() -> Turns:
    """Return the turns of the loop that runs this code."""
    try:
        return AsyncioTurns(asyncio.get_running_loop())
    except RuntimeError:
        import trio

        return TrioTurns(trio.lowlevel.current_trio_token())


class AsyncioPromise(Generic[T]):
    """A future that does not mind a waiter gone."""

    __slots__ = ("_future",)

    def __init__(self, future: asyncio.Future[T]) -> None:
        self._future = future

    def resolve(self, value: T) -> None:
        """Give the value and wake the waiter, unless it was cancelled."""
        if not self._future.done():
            self._future.set_result(value)

    async def wait(self) -> T:
        """Return the value once it is there."""
        return await self._future


class AsyncioTurns:
    """The turns of an asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.soon: Call = loop.call_soon
        self.from_thread: Call = loop.call_soon_threadsafe

    def promise(self) -> AsyncioPromise[T]:
        """Return a promise for a task of this loop."""
        return AsyncioPromise(self._loop.create_future())

    async def turn(self) -> None:
        """Let everything else that is ready now go first."""
        await asyncio.sleep(0)

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        """Call the function after a while."""
        self._loop.call_later(seconds, function)


class TrioPromise(Generic[T]):
    """A trio event with a value."""

    __slots__ = ("_event", "_value")

    def __init__(self) -> None:
        import trio

        self._event = trio.Event()
        self._value: T

    def resolve(self, value: T) -> None:
        """Give the value and wake the waiter."""
        self._value = value
        self._event.set()

    async def wait(self) -> T:
        """Return the value once it is there."""
        await self._event.wait()
        return self._value


class TrioTurns:
    """The turns of a trio run."""

    def __init__(self, token: trio.lowlevel.TrioToken) -> None:
        self.soon: Call = token.run_sync_soon
        self.from_thread: Call = token.run_sync_soon

    def promise(self) -> TrioPromise[T]:
        """Return a promise for a task of this loop."""
        return TrioPromise()

    async def turn(self) -> None:
        """Let everything else that is ready now go first."""
        import trio

        await trio.lowlevel.checkpoint()

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        """Call the function after a while."""
        import trio

        async def wait() -> None:
            await trio.sleep(seconds)
            function()

        trio.lowlevel.spawn_system_task(wait)
