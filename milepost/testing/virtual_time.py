"""Time that jumps: under asyncio and trio an hour's wait is over as soon as nothing else is to do.

Virtual time and threads do not mix: while a thread works (SQLite, aiosqlite, tools that are plain
functions), the clock jumps to the next timer all the same. Use a store in memory and asynchronous
tools; for everything else use real time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple

import anyio

from milepost.domain.errors import ValidationError

ArgumentsT = TypeVarTuple("ArgumentsT")
ResultT = TypeVar("ResultT")
Ready = list[tuple[selectors.SelectorKey, int]]
RESOLUTION = 1e-4
"""Seconds that a timer may be early. Added to the time it must make a difference, or no timer is
ever due: that of the year 9999 is exact to 3e-5 seconds."""


class SkippingSelector(selectors.DefaultSelector):
    """Waits for no time to pass: it adds it to `skipped` and goes on.

    Without a timer there is nothing to skip to; then it waits for what the world brings, for
    example Ctrl-C.
    """

    skipped = 0.0

    def select(self, timeout: float | None = None) -> Ready:
        """Return what is ready; if nothing is, let the time to the next timer have passed."""
        ready: Ready = super().select(None if timeout is None else 0)
        if not ready and timeout is not None:
            self.skipped += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop that starts at 0 and whose clock jumps from timer to timer."""

    def __init__(self) -> None:
        self._skipping = SkippingSelector()
        super().__init__(self._skipping)
        self._clock_resolution = RESOLUTION

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._skipping.skipped


def skipping_time(backend: str = "asyncio") -> tuple[str, dict[str, Any]]:
    """Return an event loop that skips time, as anyio's pytest plugin and `anyio.run` name it.

    Return it from the fixture `anyio_backend`, and tests take no longer than they compute.
    """
    if backend == "asyncio":
        return backend, {"loop_factory": VirtualLoop}
    if backend == "trio":
        from trio.testing import MockClock  # noqa: PLC0415 - trio is optional

        return backend, {"clock": MockClock(autojump_threshold=0)}
    raise ValidationError(
        f"{backend!r} is no event loop", where="backend", mend="use asyncio or trio"
    )


def run_virtual(
    function: Callable[[*ArgumentsT], Awaitable[ResultT]],
    *args: *ArgumentsT,
    backend: str = "asyncio",
) -> ResultT:
    """Run an asynchronous function in an event loop of its own that skips time.

    Raises `RuntimeError` where an event loop runs already.
    """
    name, options = skipping_time(backend)
    return anyio.run(function, *args, backend=name, backend_options=options)
