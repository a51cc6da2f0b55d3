"""Group commit: what many tasks save in one turn of the loop becomes one durable transaction.

The loop's own thread commits at the end of the turn, which costs no hand-over, and gives the loop
a turn between two batches. A second thread does what the loop cannot: wait for another process,
and commit what lies in the queue because a tool keeps the loop busy.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from milepost.domain.errors import MilepostError, StoreBusyError, StoreError

from .limits import CommitLimits
from .relief import Relief
from .room import Room
from .turns import Promise, Turns
from .work import Barrier, Work
from .writer import Outcome, Writer


class Queued(NamedTuple):
    """Work in the queue since a monotonic time, and the promise of its outcome."""

    work: Work
    promise: Promise[Outcome]
    since: float


Settled = Sequence[tuple[Queued, Outcome]]

_ALONE = 4
"""Single batches in a row after which the next is not waited for."""
_PROBE = 16
"""Every so many single batches it is waited for all the same."""


class Committer:
    """Queues work and commits it in batches, in order of arrival."""

    def __init__(
        self,
        writer: Writer,
        turns: Turns,
        *,
        limits: CommitLimits,
        after_commit: Callable[[Sequence[Work]], None],
    ) -> None:
        self._writer = writer
        self._turns = turns
        self._limits = limits
        self._after_commit = after_commit
        self._queue: deque[Queued] = deque()
        self._taking = threading.Lock()
        self._room = Room(limits.queued, turns)
        self._seen = 0
        self._turn = 0
        self._alone = 0
        """Batches in a row that were a single piece of work."""
        self._scheduled = self._in_place = self._expiring = self._closed = False
        self._relief = Relief(pulse=self._pulse, drain=self._drain, patience=limits.patience)

    async def carry_out(self, work: Work) -> int:
        """Return the work's number once it is durable; raise `StoreError` if it was refused.

        Waits for room in the queue first. Cancelling this does not cancel queued work.
        """
        if not self._room.try_take(work.size):
            await self._room.take(work.size)
        promise = self._enqueue(work)
        if not self._scheduled:
            if self._expects_nobody():
                self._commit_in_place()
                await self._turns.turn()
            else:
                self._schedule()
        outcome = await promise.wait()
        if isinstance(outcome, MilepostError):
            raise outcome
        return outcome

    def _expects_nobody(self) -> bool:
        """Tell whether to commit at once: the last batches were single, so waiting is in vain.

        Now and then it is tried again whether others would join.
        """
        alone = self._alone
        return alone >= _ALONE and alone % _PROBE != 0 and len(self._queue) == 1

    def carry_out_later(self, work: Work) -> None:
        """Queue work that nobody waits for: it goes with the next commit, or alone soon after."""
        self._room.force(work.size)
        self._enqueue(work)

    async def close(self) -> None:
        """Commit what is queued, then stop; calling it again does nothing."""
        if self._closed:
            return
        if not self._room.is_empty:
            with suppress(StoreError):  # each saver is told about its own save
                await self.carry_out(Barrier())
        self._closed = True
        self._relief.stop(timeout=self._limits.busy_timeout)

    def _enqueue(self, work: Work) -> Promise[Outcome]:
        if self._closed:
            self._room.give_back(work.size)
            raise StoreError("the store is closed; open it again to save")
        promise: Promise[Outcome] = self._turns.promise()
        self._queue.append(Queued(work, promise, time.monotonic()))
        self._relief.watch()
        return promise

    def _flush(self) -> None:
        """Commit in the loop's thread, once a turn of the loop has added nothing to the queue."""
        self._turn += 1
        number = len(self._queue)
        if self._seen < number and self._room.taken <= self._limits.in_place:
            self._seen = number
            self._turns.soon(self._flush)
            return
        self._scheduled = False
        if number:
            self._commit_in_place()

    def _commit_in_place(self) -> None:
        try:
            begun = self._writer.try_begin()
        except StoreError as error:
            self._settle(self._refused(error))
            return
        if begun:
            self._in_place = True
            try:
                settled = self._finish(self._limits.in_place)
            finally:
                self._in_place = False
            self._settle(settled)
            if self._queue and not self._scheduled:
                self._schedule()
        else:
            self._relief.take_over()
            self._expire_later(self._limits.busy_timeout)

    def _schedule(self) -> None:
        self._scheduled = True
        self._seen = len(self._queue)
        self._turns.soon(self._flush)

    def _drain(self) -> None:
        """Commit in the second thread what is queued now; what comes later is the loop's."""
        left = len(self._queue)
        while left > 0 and self._queue:
            try:
                self._writer.begin()
            except StoreBusyError:
                self._deliver(self._expire)
                return
            except StoreError as error:
                self._deliver(partial(self._settle, self._refused(error)))
                return
            settled = self._finish(self._limits.batch)
            left -= len(settled)
            self._deliver(partial(self._settle, settled))

    def _finish(self, most: int) -> Settled:
        """Take the next batch into the open transaction and commit it."""
        batch = self._taken(most)
        self._alone = self._alone + 1 if len(batch) == 1 else 0
        try:
            outcomes = self._writer.finish([queued.work for queued in batch])
        except BaseException:
            error = StoreError("the commit was interrupted; read the plan again")
            self._deliver(partial(self._settle, [(queued, error) for queued in batch]))
            raise
        for job in self._writer.upkeep():
            self._relief.ask(job)
        return list(zip(batch, outcomes, strict=True))

    def _taken(self, most: int) -> list[Queued]:
        batch: list[Queued] = []
        size = 0
        with self._taking:
            while self._queue and (not batch or size + self._queue[0].work.size <= most):
                batch.append(self._queue.popleft())
                size += batch[-1].work.size
        return batch

    def _refused(self, error: StoreError) -> Settled:
        with self._taking:
            refused = [(queued, error) for queued in self._queue]
            self._queue.clear()
        return refused

    def _settle(self, outcomes: Settled) -> None:
        """Wake those who wait, and let others into the queue; in the loop's thread."""
        for queued, outcome in outcomes:
            queued.promise.resolve(outcome)
        self._room.give_back(sum(queued.work.size for queued, _outcome in outcomes))
        self._after_commit(
            [queued.work for queued, outcome in outcomes if not isinstance(outcome, MilepostError)]
        )

    def _expire_later(self, seconds: float) -> None:
        if not self._expiring:
            self._expiring = True
            self._turns.later(seconds, self._expire)

    def _expire(self) -> None:
        """Refuse what has waited too long for others; in the loop's thread."""
        self._expiring = False
        timeout = self._limits.busy_timeout
        error = StoreBusyError(
            f"the store stayed locked by another process for {timeout:g} s; try again"
        )
        expired: list[tuple[Queued, Outcome]] = []
        with self._taking:
            while self._queue and time.monotonic() - self._queue[0].since >= timeout:
                expired.append((self._queue.popleft(), error))
        self._settle(expired)
        oldest = self._oldest()
        if oldest is not None:
            self._expire_later(max(oldest.since + timeout - time.monotonic(), 0))
            if not self._scheduled:
                self._schedule()

    def _pulse(self) -> int | None:
        """Return the number of the loop's last turn at the queue, None if the queue is empty.

        A commit in place may take longer than the patience of those who watch, so the number
        also grows while one is under way.
        """
        if self._in_place:
            self._turn += 1
        return self._turn if self._queue else None

    def _oldest(self) -> Queued | None:
        try:
            return self._queue[0]
        except IndexError:
            return None

    def _deliver(self, function: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._turns.from_thread(function)
