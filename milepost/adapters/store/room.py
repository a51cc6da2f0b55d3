"""Back-pressure: room in a queue, given out in order of arrival."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from .turns import Promise, Turns


class _Waiter(NamedTuple):
    size: int
    promise: Promise[None]


class Room:
    """So much fits in; whoever finds it full waits until those before have left."""

    def __init__(self, limit: int, turns: Turns) -> None:
        self._limit = limit
        self._turns = turns
        self._waiting: deque[_Waiter] = deque()
        self.taken = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is inside."""
        return self.taken == 0

    @property
    def waiting(self) -> int:
        """How many wait outside."""
        return len(self._waiting)

    def try_take(self, size: int) -> bool:
        """Take room if nobody waits for it and it is there; never wait."""
        if self._waiting or not self._fits(size):
            return False
        self.taken += size
        return True

    async def take(self, size: int) -> None:
        """Take room, waiting for it if need be; what is larger than all of it goes in alone."""
        if self.try_take(size):
            return
        waiter = _Waiter(size, self._turns.promise())
        self._waiting.append(waiter)
        try:
            await waiter.promise.wait()
        except BaseException:
            self._withdraw(waiter)
            raise

    def force(self, size: int) -> None:
        """Take room that may not be there."""
        self.taken += size

    def give_back(self, size: int) -> None:
        """Give room back, and to those who wait for it."""
        self.taken -= size
        while self._waiting and self._fits(self._waiting[0].size):
            waiter = self._waiting.popleft()
            self.taken += waiter.size
            waiter.promise.resolve(None)

    def _fits(self, size: int) -> bool:
        return not self.taken or self.taken + size <= self._limit

    def _withdraw(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        else:
            self.give_back(waiter.size)
