"""Worker threads for tools that are plain `def` functions."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")

TOOL_THREADS = 64
"""At most this many blocking tools run at once in a process; further ones queue."""

_busy: set[int] = set()
_limiter: RunVar[CapacityLimiter] = RunVar("milepost_tool_threads")


async def run_in_thread(function: Callable[[], T]) -> T:
    """Run a blocking function off the event loop; a cancelled wait leaves its thread to end alone.

    Tools have threads of their own, so that busy ones cannot starve the store of its threads.
    Under asyncio an abandoned thread frees its place at once, under trio when it ends.
    """
    work = partial(_noted, function)
    return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=_tool_threads())


def are_busy() -> bool:
    """Tell whether a thread still is in a call; Python waits for it before the process ends."""
    return bool(_busy)


def measured(function: Callable[[], T], spend: Callable[[float], None]) -> T:
    """Call a function, and tell `spend` the seconds of processor time that its thread took.

    An exception that only ends programs or tasks is none here: it becomes a `RuntimeError`.
    """
    begun = time.thread_time()
    try:
        return function()
    except (Exception, SystemExit):
        raise
    except BaseException as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error
    finally:
        spend(time.thread_time() - begun)


def _noted(function: Callable[[], T]) -> T:
    number = get_ident()
    _busy.add(number)
    try:
        return function()
    finally:
        _busy.discard(number)


def _tool_threads() -> CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(TOOL_THREADS)
        _limiter.set(limiter)
        return limiter
