"""The committer's second thread: does what it is asked, and empties a queue left lying."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_IDLE_POLLS = 20
"""Polls that find an empty queue before the thread stops polling until it is called."""


class Relief:
    """Runs jobs one at a time, and drains a queue whose pulse stands still.

    `pulse` is None while there is nothing to do, and changes as long as the loop does it.
    """

    def __init__(
        self, *, pulse: Callable[[], object | None], drain: Callable[[], None], patience: float
    ) -> None:
        self._pulse = pulse
        self._drain = drain
        self._patience = patience
        self._jobs: deque[Callable[[], None]] = deque()
        self._called = threading.Event()
        self._parked = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="milepost-commit", daemon=True)
        self._thread.start()

    def watch(self) -> None:
        """See that the queue does not lie; call this when it is no longer empty."""
        if self._parked:
            self._called.set()

    def take_over(self) -> None:
        """Drain the queue now."""
        self.ask(self._drain)

    def ask(self, job: Callable[[], None]) -> None:
        """Run a job soon; one that is asked for already is not run twice."""
        if job not in self._jobs:
            self._jobs.append(job)
        self._called.set()

    def stop(self, *, timeout: float) -> None:
        """Finish the jobs asked for and end; give up on a job that waits longer than that."""
        self._stopping = True
        self._called.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        before: object | None = None
        polls = 0
        while not self._stopping or self._jobs:
            self._pause(parked=polls > _IDLE_POLLS)
            pulse = self._pulse()
            if self._jobs:
                self._do(self._jobs.popleft())
            elif pulse is not None and pulse == before:
                self._do(self._drain)
            polls = 0 if pulse is not None else polls + 1
            before = pulse

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception:  # noqa: BLE001 - logged, and the next job is another's
            _LOG.exception("a job of the store's second thread failed; it goes on with the next")

    def _pause(self, *, parked: bool) -> None:
        self._parked = parked
        if not self._jobs:
            may_sleep = parked and self._pulse() is None and not self._stopping
            self._called.wait(None if may_sleep else self._patience)
        self._called.clear()
        self._parked = False
