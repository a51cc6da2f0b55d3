"""Making many objects that stay, without the collector looking through them again and again."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_bulk(work: Callable[P, T]) -> Callable[P, T]:
    """Pause the cyclic garbage collector while `work` is done.

    Objects that come in tens of thousands set it off over and over, each time through all there
    are: a quarter of the time that taking a large plan up again costs. `work` must not wait for
    anything, and leave no garbage that only the collector would find.
    """

    @wraps(work)
    def paused(*args: P.args, **kwargs: P.kwargs) -> T:
        if not gc.isenabled():
            return work(*args, **kwargs)
        gc.disable()
        try:
            return work(*args, **kwargs)
        finally:
            gc.enable()

    return paused
