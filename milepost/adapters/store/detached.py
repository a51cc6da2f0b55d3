"""Calls that may block for ever, because a hung process holds the file, and must not hold us."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar

from .turns import Promise, current_turns

T = TypeVar("T")


async def run_detached(function: Callable[[], T]) -> T:
    """Run in a thread of its own and return the result; whoever is cancelled leaves it behind.

    Unlike a common worker thread, one that never ends does not keep the program from ending.
    """
    turns = current_turns()
    done: Promise[None] = turns.promise()
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            result.set_exception(error)
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            turns.from_thread(partial(done.resolve, None))

    threading.Thread(target=work, name="milepost-open", daemon=True).start()
    await done.wait()
    return result.result()
